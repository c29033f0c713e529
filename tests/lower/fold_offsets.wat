;; Constants of 32-bit addresses that become 64-bit offsets, and those that must not.
(module
  (memory 2)
  ;; Small constants become part of the offset ...
  (func $fold (export "fold") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 24))))
  (func $fold_negative (export "fold_negative") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const -24))))
  (func $fold_offset (export "fold_offset") (param i32) (result i32)
    (i32.load offset=8 (i32.add (local.get 0) (i32.const 24))))
  ;; ... but large ones may wrap: global[i + 10] with i < 0.
  (func $large (export "large") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 1024))))
  (func $large_offset (export "large_offset") (param i32) (result i32)
    (i32.load offset=1024 (i32.add (local.get 0) (i32.const 8))))
  (func $negative_offset (export "negative_offset") (param i32) (result i32)
    (i32.load offset=8 (i32.add (local.get 0) (i32.const -8))))
  ;; b[j | 1] with j a multiple of 2: the constant is inside.
  (func $inside (export "inside") (param $b i32) (param $n i32) (result f64)
    (local $j i32) (local $s f64)
    (loop $next
      (local.set $s (f64.add (local.get $s) (f64.load (i32.add (local.get $b)
        (i32.shl (i32.or (local.get $j) (i32.const 1)) (i32.const 3))))))
      (local.set $j (i32.add (local.get $j) (i32.const 2)))
      (br_if $next (i32.lt_s (local.get $j) (local.get $n))))
    (local.get $s))
  ;; Both accesses share the address; only the first may be folded.
  (func $mixed (export "mixed") (param i32) (result i32) (local i32)
    (local.set 1 (i32.add (local.get 0) (i32.const 16)))
    (i32.sub (i32.load (local.get 1)) (i32.load offset=8192 (local.get 1))))
  ;; counts[keys[i]]++, which LLVM unrolls: the steps become constants as well. (LLVM 19 leaves it to
  ;; the code generator to see that an `or` of 64 bits without common bits is such a sum.)
  (func $unrolled (export "unrolled") (param $keys i32) (param $counts i32) (param $n i32)
    (local $at i32)
    (loop $next
      (local.set $at (i32.add (local.get $counts)
        (i32.shl (i32.load (local.get $keys)) (i32.const 2))))
      (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
      (local.set $keys (i32.add (local.get $keys) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;; RUN --emit=llvm
;; HAS unrolled (getelementptr .*, i64 12|or disjoint i64 %iteration, 3)$
;; HAS fold getelementptr i8, ptr %\d+, i64 24$
;; LACKS fold = add
;; HAS fold_negative getelementptr i8, ptr %\d+, i64 -24$
;; LACKS fold_negative = add
;; HAS fold_offset getelementptr i8, ptr %\d+, i64 32$
;; LACKS fold_offset = add
;; HAS large add i32 %\d+, 1024$
;; HAS large_offset add i32 %\d+, 8$
;; HAS negative_offset add i32 %\d+, -8$
;; LACKS inside or disjoint i32
;; HAS inside getelementptr .*, i64 8$
;; HAS mixed getelementptr i8, ptr %\d+, i64 16$
;; HAS mixed getelementptr i8, ptr %\d+, i64 8192$
;; HAS mixed add i32 %\d+, 16$
;; RUN --emit=llvm --strict-traps
;; HAS fold add i32 %\d+, 24$
;; HAS fold_negative getelementptr i8, ptr %\d+, i64 -24$
;; RUN --emit=llvm --bounds=explicit
;; HAS fold_negative add i32 %\d+, -24$
