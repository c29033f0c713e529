;; Loops whose arrays advance by different steps, or that store the fields of structs, are vectorised
;; with a check before them; what tells the arrays apart until then leaves no trace.
(module
  (memory 1)
  ;; a[i] += b[n - 1 - i]
  (func $reversed (export "reversed") (param $a i32) (param $b i32) (param $n i32)
    (local.set $b (i32.add (local.get $b) (i32.shl (local.get $n) (i32.const 3))))
    (loop $next
      (local.set $b (i32.sub (local.get $b) (i32.const 8)))
      (f64.store (local.get $a) (f64.add (f64.load (local.get $a)) (f64.load (local.get $b))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; a[i].re += b[i].re, a[i].im -= b[i].im
  (func $fields (export "fields") (param $a i32) (param $b i32) (param $n i32)
    (loop $next
      (f64.store (local.get $a) (f64.add (f64.load (local.get $a)) (f64.load (local.get $b))))
      (f64.store offset=8 (local.get $a)
        (f64.sub (f64.load offset=8 (local.get $a)) (f64.load offset=8 (local.get $b))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; c[i] += factor * b[i], with the factor in memory, as in a matrix product
  (func $factor (export "factor") (param $c i32) (param $a i32) (param $b i32) (param $n i32)
    (loop $next
      (f64.store (local.get $c) (f64.add (f64.load (local.get $c))
        (f64.mul (f64.load (local.get $a)) (f64.load (local.get $b)))))
      (local.set $c (i32.add (local.get $c) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; a[i] = b[i] + c[i], global arrays of 8 KiB, whose distance must not keep LLVM from interleaving.
  (func $global (export "global") (param $n i32) (local $i i32)
    (loop $next
      (f64.store offset=17408 (local.get $i)
        (f64.add (f64.load offset=9216 (local.get $i)) (f64.load offset=1024 (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;; RUN --emit=llvm --cpu=x86-64-v3
;; HAS global getelementptr .*, i64 (9248|96)$
;; HAS reversed fadd <4 x double>
;; HAS fields f(add|sub) <\d x double>
;; HAS factor fmul <4 x double>
;; LACKS reversed alias.root
;; LACKS fields alias.root
;; LACKS factor alias.root
;; RUN --emit=llvm --cpu=x86-64-v3 --disable=alias-roots
;; LACKS global getelementptr .*, i64 (9248|96)$
;; LACKS reversed fadd <4 x double>
;; RUN --emit=llvm --cpu=x86-64-v3 --strict-traps
;; LACKS reversed fadd <4 x double>
