;; Globals are loads and stores the optimiser can keep in registers, across stores to memory too.
(module
  (import "env" "imported" (global $imported (mut i32)))
  (import "env" "immutable" (global $immutable i32))
  (memory 1)
  (global $own (mut i32) (i32.const 5))
  (global $constant f64 (f64.const 0.25))
  (func $touch (export "touch") (param i32) (result i32)
    (global.set $own (i32.sub (global.get $own) (i32.const 16)))
    (i32.store (local.get 0) (i32.const 1))
    (global.get $own))
  (func $fold (export "fold") (result f64) (global.get $constant))
  (func $other (export "other") (param i32) (global.set $imported (i32.add (global.get $immutable) (local.get 0))))
  (func $loop (export "loop") (param i32 i32)
    (loop $again
      (global.set $own (i32.add (global.get $own) (i32.const 1)))
      (i32.store (local.get 0) (local.get 1))
      (local.set 0 (i32.add (local.get 0) (i32.const 4)))
      (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
)
;; RUN --emit=llvm-raw
;; TEXT other
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   br label %body
;;| body:
;;|   %1 = getelementptr inbounds i8, ptr %context, i64 112
;;|   %global = load ptr, ptr %1, align 8, !invariant.load, !nonnull, !noundef
;;|   %2 = load i32, ptr %global, align 4, !invariant.load, !noundef
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = add i32 %2, %3
;;|   %5 = getelementptr inbounds i8, ptr %context, i64 104
;;|   %global1 = load ptr, ptr %5, align 8, !invariant.load, !nonnull, !noundef
;;|   store i32 %4, ptr %global1, align 4, !tbaa
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT fold
;;| entry:
;;|   br label %body
;;| body:
;;|   br label %return
;;| return:
;;|   %0 = phi double [ 2.500000e-01, %body ]
;;|   ret double %0
;; RUN --emit=llvm
;; TEXT touch
;;| entry:
;;|   %memory = load ptr, ptr %context, align 16, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   %1 = getelementptr inbounds i8, ptr %context, i64 64
;;|   %2 = load i32, ptr %1, align 16, !tbaa
;;|   %3 = add i32 %2, -16
;;|   store i32 %3, ptr %1, align 16, !tbaa
;;|   %4 = zext i32 %0 to i64
;;|   %5 = getelementptr i8, ptr %memory, i64 %4
;;|   store i32 1, ptr %5, align 1, !tbaa
;;|   ret i32 %3
