;; Fixed-width SIMD validates but is not compiled yet.
(module
  (func (result v128) (i32x4.splat (i32.const 1)))
)
;; RUN-FAILS unsupported: 
