;; Names that ELF or an assembler would misread, names of the C library, no name at all.
(module
  (func $memcpy (export "a") (param i32) (result i32) (local.get 0))
  (func $"sym@version" (export "b") (param i32) (result i32) (local.get 0))
  (func (export "c") (param i32) (result i32) (local.get 0))
  (func $"std::vector<int>::at(int) const" (export "d") (param i32) (result i32) (local.get 0))
)
;; RUN --emit=llvm
;; HAS memcpy ret i32
;; HAS sym_version ret i32
;; HAS func ret i32
