;; Tail calls are jumps: all functions that take part have one prototype, with the parameters where
;; the C convention has them.  One to itself is a loop.  What takes no part is as ever.
(module
  (type $t (func (param i32 f64) (result i64)))
  (import "env" "host" (func $host (param i32 f64) (result i64)))
  (table 4 funcref)
  (elem (i32.const 0) $indirect)
  (func $direct (param i32 f64) (result i64)
    (return_call $target (local.get 1) (local.get 0)))
  (func $target (param f64 i32) (result i64)
    (i64.add (i64.extend_i32_s (local.get 1)) (i64.trunc_sat_f64_s (local.get 0))))
  (func $indirect (param i32 f64) (result i64)
    (return_call_indirect (type $t) (local.get 0) (local.get 1) (local.get 0)))
  (func $reference (param (ref $t)) (result i64)
    (return_call_ref $t (i32.const 1) (f64.const 2) (local.get 0)))
  (func $import (result i64) (return_call $host (i32.const 1) (f64.const 2)))
  (func $self (param i32 i64) (result i64)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $self (i32.sub (local.get 0) (i32.const 1))
                       (i64.mul (local.get 1) (i64.extend_i32_u (local.get 0)))))
  (func $plain (param i32 f64) (result i64) (call $bystander (local.get 0) (local.get 1)))
  (func $bystander (param i32 f64) (result i64) (call $target (local.get 1) (local.get 0)))
  ;; The callee's parameters do not fit where those of the caller were.
  (func $few (param i32) (result i32)
    (return_call $lots (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
      (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (local.get 0)))
  (func $lots (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (return_call $few (local.get 9)))
  (export "direct" (func $direct))
  (export "reference" (func $reference))
  (export "import" (func $import))
  (export "self" (func $self))
  (export "plain" (func $plain))
  (export "few" (func $few))
)
;; RUN --emit=llvm-raw
;; HAS direct musttail call i64 @target
;; HAS direct ret i64 %\d+$
;; LACKS target fastcc
;; HAS indirect musttail call i64 %code\(ptr %callee.context, i64 %\d+, i64 poison
;; HAS reference musttail call i64 %code\(
;; HAS import musttail call i64 %import\(
;; LACKS self call
;; HAS self br label %body
;; HAS plain call fastcc i64 @bystander\.w\d+\(ptr %context, i32 %\d+, double %\d+\)
;; HAS bystander call i64 @target\S+\(ptr %context, i64 %\d+, i64 poison
;; LACKS few musttail
;; HAS few call i32 @lots
;; HAS lots musttail call i32 @few
;; RUN --emit=asm
;; HAS direct jmp\s+target|\bb\s+target
;; HAS indirect jmpq\s+\*|br\s+x
;; HAS reference jmpq\s+\*|br\s+x
;; HAS import jmpq\s+\*|br\s+x
;; LACKS self (call|jmp)\s.*self
;; RUN --emit=asm -O0
;; HAS direct jmp\s+target|\bb\s+target
;; HAS indirect jmpq\s+\*|br\s+x
