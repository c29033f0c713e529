;; Vectors of 128 bits: where they go, and the forms LLVM is given.
(module
  (memory 1)
  (global $g (mut v128) (v128.const i32x4 1 2 3 4))
  (global $c v128 (v128.const i32x4 5 6 7 8))
  ;; Lanes are casts of one type, and those between two instructions vanish.
  (func $sum (export "sum") (param $a v128) (param $b v128) (result v128)
    (f64x2.add (f64x2.mul (local.get $a) (local.get $b)) (local.get $a)))
  (func $global (export "global") (param $a v128) (result v128)
    (global.set $g (i32x4.add (global.get $g) (global.get $c)))
    (local.get $a))
  (func $two (export "two") (param $a v128) (param $n i32) (result v128 i32)
    (select (local.get $a) (global.get $c) (local.get $n))
    (i32.const 7))
  (func $load (export "load") (param $at i32) (result v128)
    (v128.load offset=16 (local.get $at)))
  (func $store_lane (export "store_lane") (param $at i32) (param $a v128)
    (v128.store16_lane 5 (local.get $at) (local.get $a)))
  ;; x * 1 makes a signaling NaN quiet, so LLVM must not see the constant.
  (func $times_one (export "times_one") (param $a v128) (result v128)
    (f32x4.mul (local.get $a) (f32x4.splat (f32.const 1))))
  ;; The count of a shift is bounded.
  (func $shift (export "shift") (param $a v128) (param $n i32) (result v128)
    (i64x2.shr_s (local.get $a) (local.get $n)))
)
;; RUN --emit=llvm -O1 --cpu=baseline
;; TEXT sum
;;| entry:
;;|   %2 = bitcast <16 x i8> %1 to <2 x double>
;;|   %3 = bitcast <16 x i8> %0 to <2 x double>
;;|   %4 = fmul <2 x double> %3, %2
;;|   %5 = fadd <2 x double> %4, %3
;;|   %6 = bitcast <2 x double> %5 to <16 x i8>
;;|   ret <16 x i8> %6
;; TEXT global
;;| entry:
;;|   %global = getelementptr inbounds i8, ptr %context, i64 64
;;|   %1 = load <4 x i32>, ptr %global, align 16, !tbaa
;;|   %2 = add <4 x i32> %1, <i32 5, i32 6, i32 7, i32 8>
;;|   store <4 x i32> %2, ptr %global, align 16, !tbaa
;;|   ret <16 x i8> %0
;; TEXT two
;;| entry:
;;|   %.not = icmp eq i32 %1, 0
;;|   %2 = select i1 %.not, <16 x i8> <i8 5, i8 0, i8 0, i8 0, i8 6, i8 0, i8 0, i8 0, i8 7, i8 0, i8 0, i8 0, i8 8, i8 0, i8 0, i8 0>, <16 x i8> %0
;;|   %mrv = insertvalue { <16 x i8>, i32 } poison, <16 x i8> %2, 0
;;|   %mrv2 = insertvalue { <16 x i8>, i32 } %mrv, i32 7, 1
;;|   ret { <16 x i8>, i32 } %mrv2
;; TEXT load
;;| entry:
;;|   %memory = load ptr, ptr %context, align 16, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   %1 = zext i32 %0 to i64
;;|   %2 = getelementptr i8, ptr %memory, i64 %1
;;|   %3 = getelementptr i8, ptr %2, i64 16
;;|   %4 = load <16 x i8>, ptr %3, align 1, !tbaa
;;|   ret <16 x i8> %4
;; TEXT store_lane
;;| entry:
;;|   %memory = load ptr, ptr %context, align 16, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   %2 = bitcast <16 x i8> %1 to <8 x i16>
;;|   %3 = extractelement <8 x i16> %2, i64 5
;;|   %4 = zext i32 %0 to i64
;;|   %5 = getelementptr i8, ptr %memory, i64 %4
;;|   store i16 %3, ptr %5, align 1, !tbaa
;;|   ret void
;; TEXT shift
;;| entry:
;;|   %2 = bitcast <16 x i8> %0 to <2 x i64>
;;|   %3 = and i32 %1, 63
;;|   %4 = zext nneg i32 %3 to i64
;;|   %5 = insertelement <2 x i64> poison, i64 %4, i64 0
;;|   %6 = shufflevector <2 x i64> %5, <2 x i64> poison, <2 x i32> zeroinitializer
;;|   %7 = ashr <2 x i64> %2, %6
;;|   %8 = bitcast <2 x i64> %7 to <16 x i8>
;;|   ret <16 x i8> %8
;; HAS times_one load <4 x float>.*hidden
;; HAS times_one fmul <4 x float>
