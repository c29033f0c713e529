# Shell functions that the tools share; read with `.`.

# Launchers refuse to start as root, or more ranks than cores, unless told to.
launcher_environment() {
    if [ "$(id -u)" = 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
    export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
}

# Sets mpicc and mpiexec to a compiler wrapper and a launcher of one and the same MPI.
choose_mpi() {
    for mpi in "" .openmpi .mpich; do
        if command -v "mpicc$mpi" >/dev/null && command -v "mpiexec$mpi" >/dev/null; then
            mpicc=mpicc$mpi
            mpiexec=mpiexec$mpi
            return 0
        fi
    done
    echo "there is no mpicc with an mpiexec" >&2
    return 1
}
