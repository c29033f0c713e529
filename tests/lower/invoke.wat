;; Calls inside a try are invokes, others are not; a throw inside one needs no runtime to be caught; and
;; a try whose body does not throw is nothing at all.
(module
  (import "env" "host" (func $host (param i32)))
  (tag $t (param i32))
  (tag $u)
  (func $leaf (export "leaf") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $thrower (export "thrower") (param i32)
    (if (local.get 0) (then (throw $t (local.get 0)))))
  (func $outside (export "outside") (param i32) (call $thrower (local.get 0)))
  (func $inside (export "inside") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (call $thrower (local.get 0)) (call $host (i32.const 1)))
      (i32.const 0)))
  (func $local (export "local") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (if (local.get 0) (then (throw $t (i32.const 5)))))
      (i32.const 0)))
  (func $quiet (export "quiet") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (return (call $leaf (local.get 0))))
      (unreachable)))
  (func $other (export "other") (param i32)
    (block $h (try_table (catch $u $h) (call $thrower (local.get 0)))))
)
;; RUN --emit=llvm-raw
;; LACKS leaf invoke
;; HAS outside call void @thrower
;; HAS inside invoke void @thrower
;; HAS inside invoke void %import\(
;; HAS inside landingpad \{ ptr, i32 \}
;; HAS inside catch ptr null
;; HAS local call ptr %libcall
;; LACKS local landingpad
;; HAS other call void %libcall
;; RUN --emit=llvm -O3
;; LACKS quiet invoke
;; LACKS quiet landingpad
;; HAS quiet call .*@leaf
