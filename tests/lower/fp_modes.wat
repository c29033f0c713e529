;; --fp: which flags arithmetic gets, and what never gets any.
(module
  (func $muladd (export "muladd") (param f64 f64 f64) (result f64)
    (f64.add (f64.mul (local.get 0) (local.get 1)) (local.get 2)))
  (func $cancel (export "cancel") (param f64 f64) (result f64)
    (f64.sub (f64.add (local.get 0) (local.get 1)) (local.get 1)))
  (func $is_nan (export "is_nan") (param f64 f64) (result i32)
    (local f64)
    (local.set 2 (f64.div (local.get 0) (local.get 1)))
    (f64.ne (local.get 2) (local.get 2)))
  (func $root (export "root") (param f64) (result f64)
    (f64.div (f64.const 1) (f64.sqrt (local.get 0))))
  (func $sign (export "sign") (param f64 f64) (result f64)
    (f64.copysign (local.get 0) (f64.mul (local.get 1) (local.get 1))))
)
;; RUN --emit=llvm --cpu=baseline
;; HAS muladd = fmul double
;; HAS muladd = fadd double
;; HAS cancel = fadd double
;; HAS cancel = fsub double
;; RUN --emit=llvm --cpu=baseline --fp=strict
;; HAS muladd = fmul double
;; RUN --emit=llvm --cpu=baseline --fp=contract
;; HAS muladd = fmul contract double
;; HAS muladd = fadd contract double
;; HAS cancel = fsub contract double
;; RUN --emit=llvm --cpu=baseline --fp=fast
;; HAS muladd = fmul reassoc nsz arcp contract double
;; LACKS cancel = f(add|sub)
;; HAS cancel ret double %0
;; HAS is_nan fcmp (une|uno) double
;; HAS root @llvm.sqrt
;; HAS root = call double
;; HAS sign = call double @llvm.copysign
