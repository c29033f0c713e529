;; A saturating conversion is one instruction and a test that is hardly ever true; in loops that
;; become vectors it is clamped, as a vector.
(module
  (memory 1)
  (func $one (export "one") (param $x f64) (result i32)
    (i32.trunc_sat_f64_s (local.get $x)))
  (func $back (export "back") (param $x f64) (result f64)
    (f64.convert_i32_s (i32.trunc_sat_f64_s (local.get $x))))
  (func $all (export "all") (param $a i32) (param $b i32) (param $n i32)
    (loop $next
      (i32.store (local.get $b) (i32.trunc_sat_f32_s (f32.load (local.get $a))))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;; RUN --emit=llvm --cpu=x86-64-v3
;; HAS one call i32 @llvm.x86.sse2.cvttsd2si
;; HAS one br i1 %fits
;; HAS back @llvm.x86.sse2.cvttpd2dq
;; HAS all fptosi <8 x float>
;; LACKS all fptosi.sat.v
