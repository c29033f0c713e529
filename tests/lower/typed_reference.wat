;; What types say is not checked again: through a table of typed references a call needs no
;; comparison of types, and none with null where there is no null; ref.func is never null.
(module
  (type $t (func (param i32) (result i32)))
  (type $u (func (param i64) (result i32)))
  (table $some 4 (ref null $t))
  (table $all 4 (ref $t) (ref.func $f))
  (table $any 4 (ref func) (ref.func $f))
  (elem declare func $f)
  (func $f (param i32) (result i32) (local.get 0))
  (func $typed (export "typed") (param i32) (result i32)
    (call_indirect $some (type $t) (local.get 0) (local.get 0)))
  (func $full (export "full") (param i32) (result i32)
    (call_indirect $all (type $t) (local.get 0) (local.get 0)))
  (func $other (export "other") (param i64) (result i32)
    (call_indirect $all (type $u) (local.get 0) (i32.const 1)))
  (func $untyped (export "untyped") (param i32) (result i32)
    (call_indirect $any (type $t) (local.get 0) (local.get 0)))
  (func $reference (export "reference") (param i32 (ref null $t)) (result i32)
    (call_ref $t (local.get 0) (local.get 1)))
  (func $known (export "known") (param i32) (result i32)
    (call_ref $t (local.get 0) (ref.func $f)))
  (func $branch (export "branch") (param i32 (ref null $t)) (result i32)
    (block $null
      (return (call_ref $t (local.get 0) (br_on_null $null (local.get 1)))))
    (i32.const 7))
)
;; RUN --emit=llvm-raw
;; HAS typed icmp eq ptr %code, null
;; LACKS typed %expected
;; HAS typed call i32 %code\(
;; LACKS full , null
;; LACKS full %expected
;; HAS other %expected
;; HAS untyped %expected
;; LACKS untyped , null
;; HAS reference icmp eq ptr %\d+, null
;; LACKS reference %expected
;; RUN --emit=llvm
;; LACKS known , null
;; HAS branch icmp eq ptr %\d+, null
;; LACKS branch label %trap
