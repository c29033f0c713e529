;; What a trap leaves behind, and addresses that wrap around to the first KiB: by the letter with
;; --strict-traps, otherwise not (docs/compiler.md); expected.txt lists the lines.
(module
  (memory 1)
  (func (export "store") (param $p i32) (param $n i32)
    (loop $next
      (i32.store (local.get $p) (i32.const 7))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "wrap") (param $p i32) (result i32)
    (i32.load (i32.add (local.get $p) (i32.const 16))))
  (func (export "word") (param $at i32) (result i32) (i32.load (local.get $at)))
)
(assert_return (invoke "store" (i32.const 1024) (i32.const 10)))
(assert_return (invoke "word" (i32.const 1060)) (i32.const 7))
(assert_trap (invoke "store" (i32.const 65336) (i32.const 100)) "out of bounds memory access")
(assert_return (invoke "word" (i32.const 65336)) (i32.const 7))
(assert_return (invoke "word" (i32.const 65532)) (i32.const 7))
(assert_return (invoke "wrap" (i32.const -8)) (i32.const 0))
