# bash completion for mpiwasm and its compiler wrappers; installed as
# share/bash-completion/completions/mpiwasm.

_mpiwasm_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -X "!*.wasm" -- "$1") $(compgen -f -X "!*.so" -- "$1")
        $(compgen -d -- "$1"))
}

_mpiwasm_paths() { # word, -d for directories alone
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen "${2:--f}" -- "$1"))
}

_mpiwasm_values() { # option, word; true if the option takes a value
    case $1 in
    --dir | --cache-dir) _mpiwasm_paths "$2" -d ;;
    --env) COMPREPLY+=($(compgen -e -- "$2")) ;;
    --mpi) COMPREPLY+=($(compgen -W "openmpi mpich" -- "$2")) ;;
    --target) COMPREPLY+=($(compgen -W "x86-64 aarch64 ppc64le riscv64" -- "$2")) ;;
    --cpu) COMPREPLY+=($(compgen -W "native baseline" -- "$2")) ;;
    --fp) COMPREPLY+=($(compgen -W "strict contract fast" -- "$2")) ;;
    --bounds) COMPREPLY+=($(compgen -W "guard explicit" -- "$2")) ;;
    --emit) COMPREPLY+=($(compgen -W "so obj asm llvm" -- "$2")) ;;
    --output | -o) _mpiwasm_paths "$2" ;;
    --argv0 | --invoke | --max-memory | --older-than | --keep | --jobs | -j) ;;
    *) return 1 ;;
    esac
}

_mpiwasm() {
    local run="--dir= --env= --mpi= --argv0= --allow-spawn --allow-ports --no-artifacts
        --untrusted --invoke= --max-memory= --cpu= -O --fp= --deterministic --strict-traps --bounds=
        --no-cache --cache-dir= --quiet -q --verbose -v --version --help -h"
    local compile="--output= -o --emit= --remarks --target= --cpu= -O --fp= --deterministic --strict-traps
        --bounds= --jobs= -j --cache --cache-dir= --quiet -q --verbose -v --help -h"
    local inspect="--mpi= --help -h"
    local cache="--cache-dir= --older-than= --keep= --help -h"
    local doctor="--dir= --mpi= --cache-dir= --help -h"
    local subcommands="run compile inspect cache doctor sysroot help"
    local line=${COMP_LINE:0:COMP_POINT} words=() word previous options=$run command=run index
    COMPREPLY=()
    # Words as the shell sees them, not split at "=" and ":".
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    index=$((${#words[@]} - 1))
    word=${words[index]}
    previous=${words[index - 1]}
    if ((index > 1)); then
        case ${words[1]} in
        run) ;;
        compile) options=$compile command=compile ;;
        inspect) options=$inspect command=inspect ;;
        cache) options=$cache command=cache ;;
        doctor) options=$doctor command=doctor ;;
        sysroot) options="--fortran --openmp --dir --source --clang --only --threads --jobs --force --quick --help -h" command=sysroot ;;
        help) options="" command=help ;;
        esac
    fi
    case $word in
    --*=*)
        local typed=${word#*=}
        _mpiwasm_values "${word%%=*}" "$typed"
        return
        ;;
    -O*)
        COMPREPLY=($(compgen -W "-O0 -O1 -O2 -O3" -- "$word"))
        return
        ;;
    -*)
        COMPREPLY=($(compgen -W "$options" -- "$word"))
        [[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null
        return
        ;;
    esac
    _mpiwasm_values "$previous" "$word" && return
    case $command in
    cache) COMPREPLY=($(compgen -W "list clean dir" -- "$word")) ;;
    sysroot) COMPREPLY=($(compgen -W "build dir remove" -- "$word")) ;;
    help) COMPREPLY=($(compgen -W "$subcommands" -- "$word")) ;;
    doctor) ;;
    *)
        ((index == 1)) && COMPREPLY=($(compgen -W "$subcommands" -- "$word"))
        _mpiwasm_files "$word"
        ;;
    esac
}

complete -F _mpiwasm mpiwasm
