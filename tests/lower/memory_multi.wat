;; Memory 0 has its base in the context; every other one is found through its pointer there, once,
;; and its accesses are just as free of checks.
(module
  (memory 1)
  (memory $other 2)
  (func $both (export "both") (param i32) (result i64)
    (i64.add (i64.load (local.get 0)) (i64.load $other offset=8 (local.get 0))))
  (func $copy (param i32 i32 i32)
    (memory.copy 0 $other (local.get 0) (local.get 1) (local.get 2)))
  (func $sum (export "sum") (param i32 i32) (result i64) (local i64)
    (loop $l
      (local.set 2 (i64.add (i64.rotl (local.get 2) (i64.const 7))
        (i64.load $other (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 64)))
      (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.get 2))
)
;; RUN --emit=llvm-raw
;; HAS both getelementptr i8, ptr %memory, i64 %\d+$
;; HAS both getelementptr i8, ptr %memory1, i64 %\d+$
;; LACKS both icmp
;; HAS copy llvm.memmove
;; RUN --emit=llvm-raw --bounds=explicit
;; HAS both trap
;; RUN --emit=llvm
;; HAS sum trap.range
;; HAS sum x i8\], ptr %first.*, i64 %iteration
;; RUN --emit=asm
;; LACKS both call
