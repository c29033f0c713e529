;; Arrays that overlap: vectorised loops must find out before they start. Each loop below is one that
;; alias_roots.c or LLVM's own checks make into vectors.
(module
  (memory 1)
  (func $fill (export "fill") (param $p i32) (param $n i32) (param $v i32)
    (loop $next
      (i32.store (local.get $p) (local.get $v))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "word") (param $at i32) (result i32) (i32.load (local.get $at)))
  ;; b[i] = a[i] + 1
  (func (export "same-step") (param $b i32) (param $a i32) (param $n i32)
    (loop $next
      (i32.store (local.get $b) (i32.add (i32.load (local.get $a)) (i32.const 1)))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; b[i] = a[n - 1 - i] + 1
  (func (export "reversed") (param $b i32) (param $a i32) (param $n i32)
    (local.set $a (i32.add (local.get $a) (i32.shl (local.get $n) (i32.const 2))))
    (loop $next
      (local.set $a (i32.sub (local.get $a) (i32.const 4)))
      (i32.store (local.get $b) (i32.add (i32.load (local.get $a)) (i32.const 1)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; b[i] = a[i] + 1, from 32 to 64 bits
  (func (export "two-sizes") (param $b i32) (param $a i32) (param $n i32)
    (loop $next
      (i64.store (local.get $b) (i64.add (i64.load32_u (local.get $a)) (i64.const 1)))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; b[i].x = a[i].x + 1, b[i].y = a[i].y + 2
  (func (export "fields") (param $b i32) (param $a i32) (param $n i32)
    (loop $next
      (i32.store (local.get $b) (i32.add (i32.load (local.get $a)) (i32.const 1)))
      (i32.store offset=4 (local.get $b)
        (i32.add (i32.load offset=4 (local.get $a)) (i32.const 2)))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  ;; b[i] += *a
  (func (export "factor") (param $b i32) (param $a i32) (param $n i32)
    (loop $next
      (i32.store (local.get $b) (i32.add (i32.load (local.get $b)) (i32.load (local.get $a))))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)
;; Apart, by three elements, by one and a half, and the other way round.
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "same-step" (i32.const 4096) (i32.const 1024) (i32.const 200)))
(assert_return (invoke "word" (i32.const 4892)) (i32.const 1))
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "same-step" (i32.const 1036) (i32.const 1024) (i32.const 200)))
(assert_return (invoke "word" (i32.const 1036)) (i32.const 1))
(assert_return (invoke "word" (i32.const 1632)) (i32.const 50))
(assert_return (invoke "word" (i32.const 1828)) (i32.const 67))
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "same-step" (i32.const 1024) (i32.const 1036) (i32.const 200)))
(assert_return (invoke "word" (i32.const 1820)) (i32.const 1))
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "same-step" (i32.const 1030) (i32.const 1024) (i32.const 3)))
(assert_return (invoke "word" (i32.const 1032)) (i32.const 0x10000))

;; Onto itself: the second half reads what the first half wrote.
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 5))
(assert_return (invoke "reversed" (i32.const 1024) (i32.const 1024) (i32.const 100)))
(assert_return (invoke "word" (i32.const 1024)) (i32.const 6))
(assert_return (invoke "word" (i32.const 1220)) (i32.const 6))
(assert_return (invoke "word" (i32.const 1224)) (i32.const 7))
(assert_return (invoke "word" (i32.const 1420)) (i32.const 7))
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 5))
(assert_return (invoke "reversed" (i32.const 4096) (i32.const 1024) (i32.const 100)))
(assert_return (invoke "word" (i32.const 4492)) (i32.const 6))

;; b[k] = 1 + (k is even ? b[k / 2] : 0)
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "two-sizes" (i32.const 1024) (i32.const 1024) (i32.const 100)))
(assert_return (invoke "word" (i32.const 1536)) (i32.const 7))
(assert_return (invoke "word" (i32.const 1408)) (i32.const 5))
(assert_return (invoke "word" (i32.const 1816)) (i32.const 1))

;; x = the y before + 1, y = this x + 2
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "fields" (i32.const 1028) (i32.const 1024) (i32.const 100)))
(assert_return (invoke "word" (i32.const 1820)) (i32.const 298))
(assert_return (invoke "word" (i32.const 1824)) (i32.const 300))
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 0))
(assert_return (invoke "fields" (i32.const 4096) (i32.const 1024) (i32.const 100)))
(assert_return (invoke "word" (i32.const 4888)) (i32.const 1))
(assert_return (invoke "word" (i32.const 4892)) (i32.const 2))

;; The factor is the sixth element: it doubles on the way.
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 1))
(assert_return (invoke "factor" (i32.const 1024) (i32.const 1044) (i32.const 100)))
(assert_return (invoke "word" (i32.const 1040)) (i32.const 2))
(assert_return (invoke "word" (i32.const 1044)) (i32.const 2))
(assert_return (invoke "word" (i32.const 1048)) (i32.const 3))
(assert_return (invoke "word" (i32.const 1420)) (i32.const 3))
(invoke "fill" (i32.const 1024) (i32.const 2048) (i32.const 1))
(assert_return (invoke "factor" (i32.const 1024) (i32.const 4096) (i32.const 100)))
(assert_return (invoke "word" (i32.const 1420)) (i32.const 2))

;; Global arrays that are not far enough apart for their length.
(module
  (memory 1)
  (func (export "shift") (param $n i32) (local $i i32)
    (loop $next
      (i32.store offset=8192 (local.get $i)
        (i32.add (i32.load offset=5792 (local.get $i)) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "word") (param $at i32) (result i32) (i32.load (local.get $at)))
)
(assert_return (invoke "shift" (i32.const 2000)))
(assert_return (invoke "word" (i32.const 8192)) (i32.const 1))
(assert_return (invoke "word" (i32.const 10588)) (i32.const 1))
(assert_return (invoke "word" (i32.const 10592)) (i32.const 2))
(assert_return (invoke "word" (i32.const 16188)) (i32.const 4))
