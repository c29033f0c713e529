;; Relaxed SIMD: the choices that are made for every CPU, as constants that come out.
(module
  (func $swizzle (export "swizzle") (result v128)
    (i8x16.relaxed_swizzle
      (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
      (v128.const i8x16 0 15 16 31 127 128 143 255 7 6 5 4 3 2 1 0)))
  (func $trunc_s (export "trunc_s") (result v128)
    (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 nan 1e10 -1e10 1.5)))
  (func $trunc_u (export "trunc_u") (result v128)
    (i32x4.relaxed_trunc_f64x2_u_zero (v128.const f64x2 -1 1e10)))
  (func $laneselect (export "laneselect") (result v128)
    (i32x4.relaxed_laneselect (v128.const i32x4 -1 -1 -1 -1) (v128.const i32x4 0 0 0 0)
      (v128.const i32x4 0x80000000 0x7fffffff 1 0)))
  (func $min (export "min") (result v128)
    (f32x4.relaxed_min (v128.const f32x4 nan 7 -0 0) (v128.const f32x4 7 nan 0 -0)))
  (func $max (export "max") (result v128)
    (f64x2.relaxed_max (v128.const f64x2 nan -0) (v128.const f64x2 3 0)))
  (func $q15mulr (export "q15mulr") (result v128)
    (i16x8.relaxed_q15mulr_s (v128.const i16x8 -32768 -32768 0 0 0 0 0 0)
      (v128.const i16x8 -32768 32767 0 0 0 0 0 0)))
  (func $dot (export "dot") (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s
      (v128.const i8x16 -128 -128 127 127 -1 -1 0 0 0 0 0 0 0 0 0 0)
      (v128.const i8x16 -128 -128 127 127 -128 -128 0 0 0 0 0 0 0 0 0 0)))
  (func $dot_add (export "dot_add") (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s
      (v128.const i8x16 -128 -128 -128 -128 1 2 3 4 0 0 0 0 0 0 0 0)
      (v128.const i8x16 -128 -128 -128 -128 5 6 7 8 0 0 0 0 0 0 0 0)
      (v128.const i32x4 1 2 3 4)))
  ;; (1 + 2^-27)^2 - 1 - 2^-26 is 2^-54 if it is rounded once, 0 if twice.
  (func $madd_twice (export "madd_twice") (result v128)
    (f64x2.relaxed_madd (v128.const f64x2 0x1.0000002p0 0x1.0000002p0)
      (v128.const f64x2 0x1.0000002p0 0x1.0000002p0)
      (v128.const f64x2 -0x1.0000004p0 -0x1.0000004p0)))
  (func $madd (export "madd") (param $a v128) (param $b v128) (param $c v128) (result v128)
    (f64x2.relaxed_madd (local.get $a) (local.get $b) (local.get $c)))
  (func $nmadd (export "nmadd") (param $a v128) (param $b v128) (param $c v128) (result v128)
    (f32x4.relaxed_nmadd (local.get $a) (local.get $b) (local.get $c)))
  ;; A signaling NaN must come out quiet.
  (func $madd_identities (export "madd_identities") (param $a v128) (result v128)
    (f64x2.relaxed_madd (local.get $a) (v128.const f64x2 1 1) (v128.const f64x2 -0 -0)))
  (func $min_of (export "min_of") (param $a v128) (param $b v128) (result v128)
    (f32x4.relaxed_min (local.get $a) (local.get $b)))
  (func $max_of (export "max_of") (param $a v128) (param $b v128) (result v128)
    (f64x2.relaxed_max (local.get $a) (local.get $b)))
)
;; RUN --emit=llvm -O1 --cpu=baseline
;; TEXT swizzle
;;| entry:
;;|   ret <16 x i8> <i8 1, i8 16, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 8, i8 7, i8 6, i8 5, i8 4, i8 3, i8 2, i8 1>
;; TEXT trunc_s
;;| entry:
;;|   ret <16 x i8> <i8 0, i8 0, i8 0, i8 0, i8 -1, i8 -1, i8 -1, i8 127, i8 0, i8 0, i8 0, i8 -128, i8 1, i8 0, i8 0, i8 0>
;; TEXT trunc_u
;;| entry:
;;|   ret <16 x i8> <i8 0, i8 0, i8 0, i8 0, i8 -1, i8 -1, i8 -1, i8 -1, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0>
;; TEXT laneselect
;;| entry:
;;|   ret <16 x i8> <i8 0, i8 0, i8 0, i8 -128, i8 -1, i8 -1, i8 -1, i8 127, i8 1, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0>
;; TEXT min
;;| entry:
;;|   ret <16 x i8> <i8 0, i8 0, i8 -32, i8 64, i8 0, i8 0, i8 -64, i8 127, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 -128>
;; TEXT max
;;| entry:
;;|   ret <16 x i8> <i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 8, i8 64, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0>
;; TEXT q15mulr
;;| entry:
;;|   ret <16 x i8> <i8 -1, i8 127, i8 1, i8 -128, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0>
;; TEXT dot
;;| entry:
;;|   ret <16 x i8> <i8 0, i8 -128, i8 2, i8 126, i8 0, i8 1, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0, i8 0>
;; TEXT dot_add
;;| entry:
;;|   ret <16 x i8> <i8 1, i8 0, i8 -1, i8 -1, i8 72, i8 0, i8 0, i8 0, i8 3, i8 0, i8 0, i8 0, i8 4, i8 0, i8 0, i8 0>
;; TEXT madd_twice
;;| entry:
;;|   ret <16 x i8> zeroinitializer
;; TEXT madd
;;| entry:
;;|   %3 = bitcast <16 x i8> %2 to <2 x double>
;;|   %4 = bitcast <16 x i8> %1 to <2 x double>
;;|   %5 = bitcast <16 x i8> %0 to <2 x double>
;;|   %6 = fmul <2 x double> %5, %4
;;|   %7 = fadd <2 x double> %6, %3
;;|   %8 = bitcast <2 x double> %7 to <16 x i8>
;;|   ret <16 x i8> %8
;; TEXT nmadd
;;| entry:
;;|   %3 = bitcast <16 x i8> %2 to <4 x float>
;;|   %4 = bitcast <16 x i8> %1 to <4 x float>
;;|   %5 = bitcast <16 x i8> %0 to <4 x float>
;;|   %6 = fmul <4 x float> %5, %4
;;|   %7 = fsub <4 x float> %3, %6
;;|   %8 = bitcast <4 x float> %7 to <16 x i8>
;;|   ret <16 x i8> %8
;; TEXT madd_identities
;;| entry:
;;|   %hidden = load <2 x double>, ptr @hidden.constant, align 16
;;|   %hidden1 = load <2 x double>, ptr @hidden.constant.1, align 16
;;|   %1 = bitcast <16 x i8> %0 to <2 x double>
;;|   %2 = fmul <2 x double> %hidden, %1
;;|   %3 = fadd <2 x double> %hidden1, %2
;;|   %4 = bitcast <2 x double> %3 to <16 x i8>
;;|   ret <16 x i8> %4
;; RUN --emit=asm --cpu=x86-64-v3
;; HAS min_of vminps
;; LACKS min_of vblend|vcmp
;; HAS max_of vmaxpd
;; LACKS max_of vblend|vcmp
;; HAS madd vmulpd
;; HAS madd vaddpd
;; LACKS madd vfm
;; RUN --emit=asm --cpu=x86-64-v3 --fp=contract
;; HAS madd vfmadd
;; HAS nmadd vfnmadd
;; RUN --emit=asm --cpu=baseline --fp=contract
;; HAS madd mulpd
;; LACKS madd call
