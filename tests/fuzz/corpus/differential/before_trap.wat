;; What came before an access that traps has happened, though it would be overwritten after it.
(module
  (memory (export "memory") 1)
  (table (export "table") 2 funcref)
  (global $g (export "g") (mut i32) (i32.const 0))
  (func (export "global") (param i32) (result i32)
    (global.set $g (i32.const 1))
    (drop (i32.load (i32.sub (local.get 0) (i32.const 8))))
    (global.set $g (i32.const 2))
    (global.get $g))
  (func (export "loop") (param i32)
    (loop $again
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (i32.store (local.get 0) (local.get 0))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br $again)))
  (func $null (result i32) (ref.is_null (table.get (i32.const 0))))
  (elem declare func $null)
  (func (export "table_set") (result i32) ;; is called twice
    (global.set $g (i32.add (global.get $g) (call $null)))
    (table.set (i32.const 0) (ref.func $null))
    (drop (i32.load (i32.const -8)))
    (table.set (i32.const 0) (ref.null func))
    (i32.const 0)))
