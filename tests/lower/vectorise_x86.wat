;; Loops as mpiwasmcc leaves them vectorise for the CPU at hand.
(module
  (memory 1)
  ;; for (i = 0; i < n; i++) a[i] = b[i] + 3.0 * c[i];
  (func $triad (export "triad") (param $a i32) (param $b i32) (param $c i32) (param $n i32)
    (block $done
      (br_if $done (i32.le_s (local.get $n) (i32.const 0)))
      (loop $next
        (f64.store (local.get $a)
          (f64.add (f64.load (local.get $b))
                   (f64.mul (f64.load (local.get $c)) (f64.const 3))))
        (local.set $a (i32.add (local.get $a) (i32.const 8)))
        (local.set $b (i32.add (local.get $b) (i32.const 8)))
        (local.set $c (i32.add (local.get $c) (i32.const 8)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  ;; t[x] += a * b[x], x = 0..3: straight-line code, in the order in which clang emits it.
  (func $tile (export "tile") (param $a i32) (param $b i32) (param $c i32) (param $n i32)
    (local $t0 f64) (local $t1 f64) (local $t2 f64) (local $t3 f64) (local $v f64)
    (loop $next
      (local.set $t3 (f64.add (local.get $t3)
        (f64.mul (f64.load (i32.add (local.get $b) (i32.const 24)))
                 (local.tee $v (f64.load (local.get $a))))))
      (local.set $t2 (f64.add (local.get $t2)
        (f64.mul (f64.load (i32.add (local.get $b) (i32.const 16))) (local.get $v))))
      (local.set $t1 (f64.add (local.get $t1)
        (f64.mul (f64.load (i32.add (local.get $b) (i32.const 8))) (local.get $v))))
      (local.set $t0 (f64.add (local.get $t0)
        (f64.mul (f64.load (local.get $b)) (local.get $v))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 4096)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f64.store (local.get $c) (local.get $t0))
    (f64.store offset=8 (local.get $c) (local.get $t1))
    (f64.store offset=16 (local.get $c) (local.get $t2))
    (f64.store offset=24 (local.get $c) (local.get $t3)))
)
;; RUN --emit=asm --cpu=znver4
;; HAS triad vmulpd.*zmm
;; HAS triad vaddpd.*zmm
;; HAS tile vmulpd.*ymm
;; LACKS tile vpermt2pd|vunpck
;; RUN --emit=asm --cpu=x86-64-v3
;; HAS triad vmulpd.*ymm
;; LACKS triad vfmadd
;; RUN --emit=asm --cpu=baseline
;; HAS triad mulpd
;; LACKS triad ymm
