;; Exceptions beyond the specification's suite: through several instances, kept in every place that
;; can hold an exnref while others are collected, with all the locals that a landing pad needs, out of
;; deep recursion, at the end of the stack, and out of loops that the compiler takes apart.

;; --- instances -------------------------------------------------------------------------------

(module $source
  (tag $a (export "a") (param i32 f64))
  (tag $same (export "same") (param i32 f64))
  (func (export "throw") (param i32) (throw $a (local.get 0) (f64.const 0.25)))
)
(register "source")

;; Knows nothing of exceptions: what passes through it must find its values all the same.
(module
  (import "source" "throw" (func $throw (param i32)))
  (memory 1)
  (func $inner (param i32) (result i32)
    (i32.store (i32.const 8) (local.get 0))
    (call $throw (local.get 0))
    (i32.add (i32.load (i32.const 8)) (local.get 0)))
  (func (export "pass") (param i32) (result i32)
    (i32.add (call $inner (local.get 0)) (call $inner (i32.const 1))))
)
(register "between")

(module
  (import "source" "a" (tag $a (param i32 f64)))
  (import "source" "a" (tag $alias (param i32 f64)))
  (import "source" "same" (tag $same (param i32 f64)))
  (tag $own (param i32 f64))
  (import "between" "pass" (func $pass (param i32) (result i32)))
  (func (export "catch") (param i32) (result i32 f64)
    (block $a (result i32 f64)
      (block $wrong (result i32 f64)
        (try_table (catch $own $wrong) (catch $same $wrong) (catch $alias $a)
          (drop (call $pass (local.get 0))))
        (unreachable))
      (unreachable)))
  (func (export "nobody")
    (block $wrong (result i32 f64)
      (try_table (catch $own $wrong) (drop (call $pass (i32.const 3))))
      (return))
    (unreachable))
)
(assert_return (invoke "catch" (i32.const 7)) (i32.const 7) (f64.const 0.25))
(assert_exception (invoke "nobody"))
(assert_exception (invoke $source "throw" (i32.const 1)))

(assert_unlinkable
  (module (import "source" "a" (tag (param i32))))
  "incompatible import type")

;; Without a tag of its own, a module can catch those of others.
(module
  (import "source" "throw" (func $throw (param i32)))
  (func $call (call $throw (i32.const 1)))
  (func (export "catch_all") (result i32)
    (block $h (try_table (catch_all $h) (call $call)) (return (i32.const 0)))
    (i32.const 1))
)
(assert_return (invoke "catch_all") (i32.const 1))

(assert_trap
  (module (tag $t) (func $start (throw $t)) (start $start))
  "uncaught exception")

;; --- values, and where references to exceptions can be -----------------------------------------

(module
  (type $callback (func (result i32)))
  (tag $number (param i32))
  (tag $all (param i32 i64 f32 f64 v128 (ref null $callback) externref))
  (tag $outer (param exnref i64))
  (table $kept 10 exnref)
  (global $one (mut exnref) (ref.null exn))
  (elem declare func $forty)
  (func $forty (result i32) (i32.const 40))

  (func $throw (param i32) (throw $number (local.get 0)))
  (func $make (param i32) (result exnref)
    (block $h (result i32 exnref)
      (try_table (catch_ref $number $h) (call $throw (local.get 0)))
      (unreachable))
    (return))
  (func $number_of (param exnref) (result i32)
    (block $h (result i32)
      (try_table (catch $number $h) (throw_ref (local.get 0)))
      (unreachable)))

  (func $throw_all (param externref)
    (throw $all (i32.const -1) (i64.const 0x123456789a) (f32.const 1.5) (f64.const -2.5)
      (v128.const i32x4 1 2 3 4) (ref.func $forty) (local.get 0)))
  (func (export "all") (param externref) (result i32 i64 f32 f64 i32 i32 externref)
    (local $v v128) (local $f (ref null $callback)) (local $e externref)
    (block $h (result i32 i64 f32 f64 v128 (ref null $callback) externref)
      (try_table (catch $all $h) (call $throw_all (local.get 0)))
      (unreachable))
    (local.set $e) (local.set $f) (local.set $v)
    (i32x4.extract_lane 3 (local.get $v))
    (call_ref $callback (local.get $f))
    (local.get $e))

  ;; Enough to be collected several times.
  (func $waste (param $count i32)
    (loop $again
      (drop (call $make (local.get $count)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  (func (export "keep") (result i32)
    (local $i i32) (local $sum i32) (local $mine exnref)
    (local.set $mine (call $make (i32.const 1000000)))
    (global.set $one (call $make (i32.const 2000000)))
    (loop $fill
      (table.set $kept (local.get $i) (call $make (local.get $i)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (call $waste (i32.const 20000))
    (loop $read
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum)
        (call $number_of (table.get $kept (local.get $i)))))
      (br_if $read (local.get $i)))
    (i32.add (local.get $sum)
      (i32.add (call $number_of (local.get $mine)) (call $number_of (global.get $one)))))

  ;; One that only another one refers to, and that only the table.
  (func (export "chain") (result i32 i64)
    (local $depth i32) (local $e exnref) (local $count i64)
    (local.set $e (call $make (i32.const 77)))
    (loop $wrap
      (block $h (result exnref i64 exnref)
        (try_table (catch_ref $outer $h)
          (throw $outer (local.get $e) (i64.extend_i32_u (local.get $depth))))
        (unreachable))
      (local.set $e) (drop) (drop)
      (br_if $wrap
        (i32.lt_u (local.tee $depth (i32.add (local.get $depth) (i32.const 1))) (i32.const 50))))
    (table.set $kept (i32.const 0) (local.get $e))
    (local.set $e (ref.null exn))
    (call $waste (i32.const 20000))
    (local.set $e (table.get $kept (i32.const 0)))
    (loop $unwrap
      (block $done
        (block $h (result exnref i64)
          (try_table (catch $outer $h) (catch_all $done) (throw_ref (local.get $e)))
          (unreachable))
        (local.set $count (i64.add (local.get $count)))
        (local.set $e)
        (br $unwrap)))
    (call $number_of (local.get $e)) (local.get $count))

  (func (export "null") (throw_ref (ref.null exn)))
  (func (export "null_in_try")
    (block $h (try_table (catch_all $h) (throw_ref (table.get $kept (i32.const 9))))))
  (func (export "clear") (table.fill $kept (i32.const 0) (ref.null exn) (i32.const 10)))
  (func (export "is_null") (result i32) (ref.is_null (table.get $kept (i32.const 3))))
  (func (export "give") (result exnref) (call $make (i32.const 5)))
)
(assert_return (invoke "all" (ref.extern 6))
  (i32.const -1) (i64.const 0x123456789a) (f32.const 1.5) (f64.const -2.5)
  (i32.const 4) (i32.const 40) (ref.extern 6))
(assert_return (invoke "keep") (i32.const 3000045))
(assert_return (invoke "is_null") (i32.const 0))
(assert_return (invoke "chain") (i32.const 77) (i64.const 1225))
(assert_return (invoke "clear"))
(assert_return (invoke "is_null") (i32.const 1))
(assert_trap (invoke "null") "null exception reference")
(assert_trap (invoke "null_in_try") "null exception reference")
(assert_return (invoke "keep") (i32.const 3000045))

;; --- locals, recursion, the end of the stack ----------------------------------------------------

(module
  (tag $t (param i32))
  (table funcref (elem $thrower))
  (func $thrower (param i32) (result i32)
    (if (i32.gt_s (local.get 0) (i32.const 99)) (then (throw $t (local.get 0))))
    (i32.mul (local.get 0) (i32.const 2)))
  (func $pair (param i32) (result i32 f64)
    (call $thrower (local.get 0)) (f64.const 0.5))

  ;; Locals have in the handler what they had at the call, whichever call it was.
  (func (export "locals") (param $n i32) (result i32 i32 f64)
    (local $i i32) (local $last i32) (local $x f64)
    (local.set $x (f64.const 1))
    (block $h (result i32)
      (try_table (catch $t $h)
        (loop $again
          (local.set $last (call $thrower (local.get $i)))
          (local.set $x (f64.add (local.get $x) (f64.const 0.5)))
          (local.set $i (i32.add (local.get $i) (local.get $n)))
          (call $pair (local.get $i)) (local.set $x (f64.add (local.get $x))) (local.set $last)
          (local.set $last
            (call_indirect (param i32) (result i32) (local.get $i) (i32.const 0)))
          (br $again)))
      (unreachable))
    (local.get $last) (local.get $x))

  (func $down (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $t (i32.const 11))))
    (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
  (func (export "deep") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (drop (call $down (local.get 0))))
      (unreachable)))

  ;; Each level catches and throws again.
  (func $ladder (param i32)
    (if (i32.eqz (local.get 0)) (then (throw $t (i32.const 0))))
    (block $h (result i32)
      (try_table (catch $t $h) (call $ladder (i32.sub (local.get 0) (i32.const 1))))
      (unreachable))
    (throw $t (i32.add (i32.const 1))))
  (func (export "ladder") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (call $ladder (local.get 0)))
      (unreachable)))

  (func $endless (result i32)
    (block $h (try_table (catch_all $h) (return (i32.add (i32.const 1) (call $endless)))))
    (i32.const 0))
  (func (export "endless") (result i32) (call $endless))
  ;; Wherever the stack ends, throwing is near.
  (func $endless_throws (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (throw $t (local.get 0)))
      (unreachable))
    (drop)
    (block $h (result i32)
      (try_table (catch $t $h) (drop (call $thrower (i32.const 100))))
      (unreachable))
    (i32.add (call $endless_throws (i32.const 1))))
  (func (export "endless_throws") (result i32) (call $endless_throws (i32.const 0)))
)
(assert_return (invoke "locals" (i32.const 30)) (i32.const 120) (i32.const 180) (f64.const 4.5))
(assert_return (invoke "deep" (i32.const 100000)) (i32.const 11))
(assert_return (invoke "ladder" (i32.const 1000)) (i32.const 1000))
(assert_exhaustion (invoke "endless") "call stack exhausted")
(assert_exhaustion (invoke "endless_throws") "call stack exhausted")
(assert_return (invoke "deep" (i32.const 100000)) (i32.const 11))

;; --- loops ----------------------------------------------------------------------------------

(module
  (memory 1)
  (tag $t (param i32))
  (func $check (param i32)
    (if (i32.eq (local.get 0) (i32.const 10)) (then (throw $t (local.get 0)))))
  (func $sum (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $i))))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))
    (local.get $sum))
  (func (export "clear") (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)))

  ;; Would leave memory if it did not throw before: nothing may be checked ahead of it.
  (func $fill (param $p i32) (param $n i32) (param $when i32) (local $i i32)
    (loop $again
      (i32.store (local.get $p) (i32.const 1))
      (if (i32.eq (local.get $i) (local.get $when)) (then (throw $t (local.get $i))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func (export "fill") (param $n i32) (param $when i32) (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (call $fill (i32.const 0) (local.get $n) (local.get $when)))
      (unreachable))
    (i32.add (i32.mul (i32.const 100) (call $sum))))

  ;; The same with a call, outside of a try and inside.
  (func $fill_call (param $p i32) (param $n i32) (local $i i32)
    (loop $again
      (i32.store (local.get $p) (i32.const 1))
      (call $check (local.get $i))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
  (func (export "fill_call") (result i32)
    (block $h (result i32)
      (try_table (catch $t $h) (call $fill_call (i32.const 0) (i32.const -1)))
      (unreachable))
    (i32.add (i32.mul (i32.const 100) (call $sum))))
  (func (export "fill_try") (result i32) (local $p i32) (local $i i32)
    (block $h (result i32)
      (loop $again
        (i32.store (local.get $p) (i32.const 1))
        (try_table (catch $t $h) (call $check (local.get $i)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br_if $again
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const -1))))
      (unreachable))
    (i32.add (i32.mul (i32.const 100) (call $sum))))

  ;; A loop that an exception goes round.
  (func (export "around") (result i32) (local $i i32) (local $caught i32)
    (loop $again
      (block $h (result i32)
        (try_table (result i32) (catch $t $h)
          (call $check (i32.rem_u (local.get $i) (i32.const 20))) (i32.const 0)))
      (local.set $caught (i32.add (local.get $caught)))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (local.get $caught))
  ;; Clauses lead to a loop's head and to the function's end.
  (func (export "to_loop") (param $n i32) (result i32) (local $rounds i32)
    (block $never
      (i32.const 10)
      (loop $again (param i32)
        (local.set $rounds (i32.add (local.get $rounds)))
        (br_if $never (i32.gt_s (local.get $rounds) (local.get $n)))
        (try_table (catch $t $again) (call $check (i32.const 10)))
        (unreachable)))
    (local.get $rounds))
  (func (export "to_end") (result i32)
    (try_table (catch $t 0) (call $check (i32.const 10)))
    (i32.const -1))
)
(assert_return (invoke "fill" (i32.const -1) (i32.const 10)) (i32.const 1110))
(assert_return (invoke "clear"))
(assert_return (invoke "fill_call") (i32.const 1110))
(assert_return (invoke "clear"))
(assert_return (invoke "fill_try") (i32.const 1110))
(assert_return (invoke "around") (i32.const 500))
(assert_return (invoke "to_loop" (i32.const 35)) (i32.const 40))
(assert_return (invoke "to_end") (i32.const 10))

;; --- too many ---------------------------------------------------------------------------------

;; A list of exceptions without end is the program's mistake, not a fault of the process.
(module
  (tag $t (param exnref))
  (func (export "endless_list") (local $list exnref)
    (loop $again
      (block $h (result exnref exnref)
        (try_table (catch_ref $t $h) (throw $t (local.get $list)))
        (unreachable))
      (local.set $list)
      (drop)
      (br $again)))
)
(assert_trap (invoke "endless_list") "host function failed")
