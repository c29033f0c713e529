;; Portable forms in which LLVM finds the CPU's own instructions.
(module
  (func $dot (export "dot") (param $a v128) (param $b v128) (result v128)
    (i32x4.dot_i16x8_s (local.get $a) (local.get $b)))
  (func $avgr (export "avgr") (param $a v128) (param $b v128) (result v128)
    (i8x16.avgr_u (local.get $a) (local.get $b)))
  (func $add_sat (export "add_sat") (param $a v128) (param $b v128) (result v128)
    (i16x8.add_sat_s (local.get $a) (local.get $b)))
  (func $narrow_s (export "narrow_s") (param $a v128) (param $b v128) (result v128)
    (i8x16.narrow_i16x8_s (local.get $a) (local.get $b)))
  (func $narrow_u (export "narrow_u") (param $a v128) (param $b v128) (result v128)
    (i16x8.narrow_i32x4_u (local.get $a) (local.get $b)))
  (func $bitmask (export "bitmask") (param $a v128) (result i32)
    (i8x16.bitmask (local.get $a)))
  (func $any (export "any") (param $a v128) (result i32)
    (v128.any_true (local.get $a)))
  (func $swizzle (export "swizzle") (param $a v128) (param $b v128) (result v128)
    (i8x16.swizzle (local.get $a) (local.get $b)))
  (func $pmin (export "pmin") (param $a v128) (param $b v128) (result v128)
    (f64x2.pmin (local.get $a) (local.get $b)))
  (func $pmax (export "pmax") (param $a v128) (param $b v128) (result v128)
    (f32x4.pmax (local.get $a) (local.get $b)))
  (func $nearest (export "nearest") (param $a v128) (result v128)
    (f32x4.nearest (local.get $a)))
)
;; RUN --emit=asm --cpu=x86-64-v3
;; HAS dot vpmaddwd
;; HAS avgr vpavgb
;; HAS add_sat vpaddsw
;; HAS narrow_s vpacksswb
;; HAS narrow_u vpackusdw
;; HAS bitmask vpmovmskb
;; HAS any vptest
;; HAS swizzle vpshufb
;; LACKS swizzle vpinsrb
;; HAS pmin vminpd
;; HAS pmax vmaxps
;; LACKS pmax vblend|vcmp
;; HAS nearest vroundps
