;; 64-bit addresses are cut to the limit, without a branch; a constant that the guard does not cover
;; is added before. With explicit bounds they are compared with the size, and what is below the
;; size that the memory has from the start cannot wrap around.
(module
  (memory i64 1)
  (func $load (export "load") (param i64) (result i64) (i64.load offset=8 (local.get 0)))
  (func $far (export "far") (param i64) (result i64)
    (i64.load offset=0x1_0000_0001 (local.get 0)))
  (func $size (export "size") (result i64) (memory.size))
  (func $fill (export "fill") (param i64 i32 i64)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  ;; Counted loops check once and do without the minimum, if the access happens every time.
  (func $scale (export "scale") (param $p i64) (param $n i64)
    (loop $next
      (f64.store (local.get $p) (f64.mul (f64.load (local.get $p)) (f64.const 3)))
      (local.set $p (i64.add (local.get $p) (i64.const 8)))
      (br_if $next (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1)))
                           (i64.const 0)))))
  (func $sometimes (export "sometimes") (param $p i64) (param $n i64)
    (loop $next
      (if (i64.eqz (i64.and (local.get $n) (i64.const 5))) (then
        (i64.store (local.get $p) (i64.const 1))))
      (local.set $p (i64.add (local.get $p) (i64.const 8)))
      (br_if $next (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1)))
                           (i64.const 0)))))
)
;; RUN --emit=llvm-raw
;; HAS load i64 @llvm.umin.i64\(i64 %\d+, i64 %memory.limit\)
;; HAS load getelementptr i8, ptr %\d+, i64 8
;; LACKS load br i1
;; LACKS load sat
;; HAS far llvm.uadd.sat.i64\(i64 %\d+, i64 4294967297\)
;; HAS far llvm.umin.i64
;; LACKS far br i1
;; HAS size lshr i64 %memory.size, 16
;; LACKS size trunc
;; HAS fill llvm.uadd.sat
;; HAS fill icmp ugt
;; RUN --emit=llvm-raw --bounds=explicit
;; HAS load sub nuw i64 %memory.size, 16
;; HAS load icmp ugt
;; LACKS load llvm.uadd
;; HAS far llvm.uadd.sat.i64\(i64 %\d+, i64 4294967305\)
;; RUN --emit=llvm
;; HAS scale trap.range
;; HAS scale fmul <
;; LACKS scale llvm.umin
;; LACKS sometimes trap.range
;; HAS sometimes llvm.umin
;; RUN --emit=llvm --strict-traps
;; LACKS scale trap.range
;; HAS scale llvm.umin
