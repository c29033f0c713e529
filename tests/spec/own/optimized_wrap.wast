;; Addresses that go through 4 GiB: fold_offsets.c and widen_inductions.c compute in 64 bits what the
;; program computes in 32, and what is outside must trap whatever the optimiser does.
(module
  (memory 1)
  (data (i32.const 1000) "\01\00\00\00\02\00\00\00\03\00\00\00\04\00\00\00")
  ;; An index below zero into an array that starts above it.
  (func (export "negative") (param $i i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 4))
        (i32.load (i32.add (i32.const 1032) (i32.shl (local.get $i) (i32.const 2))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; The same, where the array's start is the offset.
  (func (export "negative-sum") (param $i i32) (result i32)
    (i32.load (i32.add (i32.const 70000) (local.get $i))))
  (func (export "up") (param $p i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "down") (param $p i32) (param $n i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $p))))
      (local.set $p (i32.sub (local.get $p) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; Only every other time, so that nothing is proved by it, with a step that jumps far.
  (func (export "jumps") (param $p i32) (param $n i32)
    (loop $next
      (if (i32.and (local.get $n) (i32.const 1)) (then
        (i32.store (local.get $p) (i32.const -1))))
      (local.set $p (i32.add (local.get $p) (i32.const 0x20000000)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "word") (param $at i32) (result i32) (i32.load (local.get $at)))
)
(assert_return (invoke "negative" (i32.const -8) (i32.const 4)) (i32.const 0x1234))
(assert_return (invoke "negative" (i32.const 0x3ffffff8) (i32.const 4)) (i32.const 0x1234))
(assert_return (invoke "negative-sum" (i32.const -69000)) (i32.const 1))
(assert_return (invoke "up" (i32.const 1000) (i32.const 4)) (i32.const 10))
(assert_return (invoke "up" (i32.const 0) (i32.const 0x4000)) (i32.const 10))
(assert_trap (invoke "up" (i32.const 0) (i32.const 0x4001)) "out of bounds memory access")
(assert_trap (invoke "up" (i32.const -16) (i32.const 8)) "out of bounds memory access")
(assert_trap (invoke "up" (i32.const -65536) (i32.const 0x10000)) "out of bounds memory access")
(assert_trap (invoke "up" (i32.const 1000) (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "down" (i32.const 1004) (i32.const 4)) (i32.const 10))
(assert_return (invoke "down" (i32.const 1004) (i32.const 252)) (i32.const 10))
(assert_trap (invoke "down" (i32.const 1004) (i32.const 253)) "out of bounds memory access")
(assert_trap (invoke "down" (i32.const -8) (i32.const 4)) "out of bounds memory access")
(assert_trap (invoke "jumps" (i32.const 0x400) (i32.const 4)) "out of bounds memory access")
(assert_return (invoke "jumps" (i32.const 0xe0000400) (i32.const 2)))
(assert_return (invoke "word" (i32.const 0x400)) (i32.const -1))
