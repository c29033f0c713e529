;; Loops over v128 become as wide as the CPU, where that pays.
(module
  (memory 1)
  ;; a[i] = b[i] + 3 c[i], as a compiler for WebAssembly vectorises it.
  (func $triad (export "triad") (param $a i32) (param $b i32) (param $c i32) (param $n i32)
    (loop $next
      (v128.store (local.get $a)
        (f64x2.add (v128.load (local.get $b))
          (f64x2.mul (v128.load (local.get $c)) (f64x2.splat (f64.const 3)))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (local.set $c (i32.add (local.get $c) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; A stencil loads more than it moves on by, and leaves nothing out.
  (func $stencil (export "stencil") (param $a i32) (param $b i32) (param $n i32)
    (loop $next
      (v128.store (local.get $a)
        (f64x2.add (v128.load (local.get $b)) (v128.load offset=8 (local.get $b))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; Bytes that are only copied are as good as numbers; unrolled, by two.
  (func $copy (export "copy") (param $a i32) (param $b i32) (param $n i32)
    (loop $next
      (v128.store (local.get $a) (v128.load (local.get $b)))
      (v128.store offset=16 (local.get $a) (v128.load offset=16 (local.get $b)))
      (local.set $a (i32.add (local.get $a) (i32.const 32)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; A sum of integers may be taken in any order.
  (func $sum_i (export "sum_i") (param $a i32) (param $n i32) (result i32) (local $s v128)
    (loop $next
      (local.set $s (i32x4.add (local.get $s) (v128.load (local.get $a))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (i32.add (i32x4.extract_lane 0 (local.get $s)) (i32x4.extract_lane 1 (local.get $s)))
             (i32.add (i32x4.extract_lane 2 (local.get $s)) (i32x4.extract_lane 3 (local.get $s)))))
  ;; One of floating-point numbers may not: split, it would be two sums of numbers.
  (func $sum_f (export "sum_f") (param $a i32) (param $n i32) (result f64) (local $s v128)
    (loop $next
      (local.set $s (f64x2.add (local.get $s) (v128.load (local.get $a))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f64.add (f64x2.extract_lane 0 (local.get $s)) (f64x2.extract_lane 1 (local.get $s))))
  ;; But a tile of a matrix product becomes one again, from what is stored behind the loop.
  (func $tile (export "tile") (param $a i32) (param $b i32) (param $c i32) (param $n i32)
    (local $t0 v128) (local $t1 v128) (local $t2 v128) (local $t3 v128) (local $v v128)
    (loop $next
      (local.set $v (v128.load64_splat (local.get $a)))
      (local.set $t0 (f64x2.add (local.get $t0)
        (f64x2.mul (v128.load (local.get $b)) (local.get $v))))
      (local.set $t1 (f64x2.add (local.get $t1)
        (f64x2.mul (v128.load offset=16 (local.get $b)) (local.get $v))))
      (local.set $t2 (f64x2.add (local.get $t2)
        (f64x2.mul (v128.load offset=32 (local.get $b)) (local.get $v))))
      (local.set $t3 (f64x2.add (local.get $t3)
        (f64x2.mul (v128.load offset=48 (local.get $b)) (local.get $v))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 4096)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (v128.store (local.get $c) (local.get $t0))
    (v128.store offset=16 (local.get $c) (local.get $t1))
    (v128.store offset=32 (local.get $c) (local.get $t2))
    (v128.store offset=48 (local.get $c) (local.get $t3)))
  ;; Two of the six fields of a structure: the gaps would cost more than the width brings.
  (func $fields (export "fields") (param $a i32) (param $n i32)
    (loop $next
      (v128.store (local.get $a)
        (f64x2.add (v128.load (local.get $a)) (v128.load offset=24 (local.get $a))))
      (local.set $a (i32.add (local.get $a) (i32.const 48)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; 16 lanes are too many.
  (func $bytes (export "bytes") (param $a i32) (param $b i32) (param $n i32)
    (loop $next
      (v128.store (local.get $a)
        (i8x16.avgr_u (v128.load (local.get $a)) (v128.load (local.get $b))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; Both lanes are loaded before either is stored: lane by lane, the second would read the first.
  (func $shifted (export "shifted") (param $a i32) (param $n i32)
    (loop $next
      (v128.store offset=8 (local.get $a)
        (f64x2.add (v128.load (local.get $a)) (f64x2.splat (f64.const 1))))
      (local.set $a (i32.add (local.get $a) (i32.const 16)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;; RUN --emit=llvm --cpu=x86-64-v3
;; HAS triad fmul <(4|8) x double>
;; HAS triad store <(4|8) x double>
;; HAS stencil fadd <(4|8) x double>
;; HAS copy store <(4|8|16|32) x (i64|double|i32)>
;; HAS sum_i add <8 x i32>
;; HAS sum_f fadd <2 x double>
;; LACKS sum_f fadd double %.* phi
;; HAS tile fadd <4 x double>
;; LACKS tile fadd <2 x double>|fadd double
;; HAS fields fadd <2 x double>
;; LACKS fields fadd <(4|8) x double>|fadd double
;; HAS bytes <16 x i16>|<16 x i8>
;; LACKS bytes load i8
;; LACKS shifted fadd <(4|8) x double>
;; RUN --emit=llvm --cpu=x86-64-v3 --disable=split-vectors
;; LACKS triad <4 x double>
;; RUN --emit=llvm --cpu=x86-64-v3 --strict-traps
;; HAS triad store volatile <16 x i8>
;; RUN --emit=llvm --cpu=x86-64-v3 --bounds=explicit
;; HAS triad store <2 x double>
;; The CPU has no more than 128 bits.
;; RUN --emit=llvm --cpu=baseline
;; HAS triad store <2 x double>
;; LACKS triad <(4|8) x double>
;; LACKS triad load double
;; RUN --emit=llvm --cpu=znver4
;; HAS triad <16 x double>
;; HAS tile fadd <8 x double>
