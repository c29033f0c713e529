;; Addresses that advance in a counted loop count in 64 bits, after a check that the last one will
;; lie below 4 GiB; where that cannot be known, they stay as they are.
(module
  (import "env" "f" (func $f))
  (memory 1)
  (func $sum (export "sum") (param $p i32) (param $n i32) (result i64) (local $s i64)
    (loop $next
      (local.set $s (i64.add (local.get $s) (i64.rotl (i64.load (local.get $p)) (local.get $s))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  ;; The address from the counter, downwards.
  (func $indexed (export "indexed") (param $p i32) (param $i i32) (result i64) (local $s i64)
    (loop $next
      (local.set $s (i64.add (i64.rotl (local.get $s) (i64.const 1))
        (i64.load (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 3))))))
      (br_if $next (i32.gt_s (local.tee $i (i32.sub (local.get $i) (i32.const 1)))
                             (i32.const 0))))
    (local.get $s))
  ;; An access that need not happen proves nothing.
  (func $sometimes (export "sometimes") (param $p i32) (param $n i32)
    (loop $next
      (if (i32.and (local.get $n) (i32.const 5)) (then
        (i64.store (local.get $p) (i64.const 1))))
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; The function may end the program before the address leaves memory.
  (func $calls (export "calls") (param $p i32) (param $n i32)
    (loop $next
      (i64.store (local.get $p) (i64.const 1))
      (call $f)
      (local.set $p (i32.add (local.get $p) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; So may leaving the loop by another way.
  (func $leaves (export "leaves") (param $p i32) (param $n i32)
    (block $out
      (loop $next
        (br_if $out (i32.load (local.get $p)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  ;; This step can jump over what is inaccessible.
  (func $jumps (export "jumps") (param $p i32) (param $n i32)
    (loop $next
      (i64.store (local.get $p) (i64.const 1))
      (local.set $p (i32.add (local.get $p) (i32.const 65536)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;; RUN --emit=llvm
;; HAS sum trap.range
;; HAS sum \[8 x i8\], ptr %first, i64 %iteration
;; LACKS sum ptr %memory, i64 %\d
;; HAS indexed trap.range
;; LACKS sometimes trap.range
;; LACKS calls trap.range
;; LACKS leaves trap.range
;; LACKS jumps trap.range
;; RUN --emit=llvm --strict-traps
;; LACKS sum trap.range
;; RUN --emit=llvm --bounds=explicit
;; LACKS sum trap.range
