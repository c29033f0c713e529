;; Calls are direct: fastcc where the address stays inside, an import through its slot, an indirect
;; one after a single comparison of types.
(module
  (type $unary (func (param f64) (result f64)))
  (import "env" "host" (func $host (param i32 f64) (result f64)))
  (import "env" "other" (func $other))
  (table $open 3 funcref)
  (table $fixed 3 3 funcref)
  (elem (i32.const 0) $element)
  (func $inner (param f64) (result f64) (f64.sqrt (local.get 0)))
  (func $element (export "element") (param f64) (result f64) (local.get 0))
  (func $direct (export "direct") (param f64) (result f64) (call $inner (local.get 0)))
  (func $escaping (export "escaping") (param f64) (result f64) (call $element (local.get 0)))
  (func $imported (export "imported") (param f64) (result f64) (call $host (i32.const 5) (local.get 0)))
  (func $second (export "second") (call $other))
  (func $indirect (export "indirect") (param f64 i32) (result f64)
    (call_indirect $open (type $unary) (local.get 0) (local.get 1)))
  (func $indirect_fixed (export "indirect_fixed") (param f64 i32) (result f64)
    (call_indirect $fixed (type $unary) (local.get 0) (local.get 1)))
  (func $pair (export "pair") (result i32 f64) (i32.const 1) (f64.const 2))
  (func $swap (export "swap") (result f64 i32) (local i32 f64)
    (call $pair) (local.set 1) (local.set 0) (local.get 1) (local.get 0))
  ;; Endless recursion ends in a stack overflow, not in a loop.
  (func $recursive (export "recursive") (param i32) (result i32)
    (call $recursive (i32.add (local.get 0) (i32.const 1))))
)
;; RUN --emit=llvm-raw
;; HAS direct call fastcc double @inner
;; HAS escaping call double @element
;; TEXT imported
;;| entry:
;;|   %local = alloca double, align 8
;;|   store double %0, ptr %local, align 8
;;|   br label %body
;;| body:
;;|   %1 = load double, ptr %local, align 8
;;|   %2 = getelementptr inbounds i8, ptr %context, i64 96
;;|   %import = load ptr, ptr %2, align 8, !invariant.load, !nonnull, !noundef
;;|   %3 = getelementptr inbounds i8, ptr %context, i64 104
;;|   %import.context = load ptr, ptr %3, align 8, !invariant.load, !noundef
;;|   %4 = call double %import(ptr %import.context, i32 5, double %1)
;;|   br label %return
;;| return:
;;|   %5 = phi double [ %4, %body ]
;;|   ret double %5
;; TEXT second
;;| entry:
;;|   br label %body
;;| body:
;;|   %0 = getelementptr inbounds i8, ptr %context, i64 112
;;|   %import = load ptr, ptr %0, align 8, !invariant.load, !nonnull, !noundef
;;|   %1 = getelementptr inbounds i8, ptr %context, i64 120
;;|   %import.context = load ptr, ptr %1, align 8, !invariant.load, !noundef
;;|   call void %import(ptr %import.context)
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT indirect
;;| entry:
;;|   %local = alloca double, align 8
;;|   store double %0, ptr %local, align 8
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   br label %body
;;| body:
;;|   %2 = load double, ptr %local, align 8
;;|   %3 = load i32, ptr %local1, align 4
;;|   %4 = zext i32 %3 to i64
;;|   %5 = getelementptr inbounds i8, ptr %context, i64 64
;;|   %table = load ptr, ptr %5, align 8, !invariant.load, !nonnull, !noundef
;;|   %6 = getelementptr inbounds i8, ptr %table, i64 8
;;|   %table.size = load i64, ptr %6, align 8, !tbaa
;;|   %outside = icmp uge i64 %4, %table.size
;;|   br i1 %outside, label %trap, label %7, !prof
;;| 7:
;;|   %8 = getelementptr inbounds i8, ptr %context, i64 80
;;|   %calls = load ptr, ptr %8, align 8, !invariant.load, !nonnull, !noundef
;;|   %9 = getelementptr inbounds [32 x i8], ptr %calls, i64 %4
;;|   %10 = getelementptr inbounds i8, ptr %9, i64 16
;;|   %type = load i32, ptr %10, align 4, !tbaa
;;|   %11 = getelementptr inbounds i8, ptr %context, i64 128
;;|   %expected = load i32, ptr %11, align 4, !invariant.load, !noundef
;;|   %12 = icmp ne i32 %type, %expected
;;|   br i1 %12, label %14, label %15, !prof
;;| trap:
;;|   %13 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %13, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 4)
;;|   call void @llvm.trap()
;;|   unreachable
;;| 14:
;;|   %is.null = icmp eq i32 %type, 0
;;|   br i1 %is.null, label %trap3, label %trap2
;;| 15:
;;|   %code = load ptr, ptr %9, align 8, !tbaa
;;|   %16 = getelementptr inbounds i8, ptr %9, i64 8
;;|   %callee.context = load ptr, ptr %16, align 8, !tbaa
;;|   %17 = call double %code(ptr %callee.context, double %2)
;;|   br label %return
;;| return:
;;|   %18 = phi double [ %17, %15 ]
;;|   ret double %18
;;| trap2:
;;|   %19 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls6 = load ptr, ptr %19, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall7 = load ptr, ptr %libcalls6, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall7(ptr %context, i32 6)
;;|   call void @llvm.trap()
;;|   unreachable
;;| trap3:
;;|   %20 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls4 = load ptr, ptr %20, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall5 = load ptr, ptr %libcalls4, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall5(ptr %context, i32 5)
;;|   call void @llvm.trap()
;;|   unreachable
;; HAS indirect_fixed icmp uge i64 %\d+, 3$
;; LACKS indirect_fixed table.size
;; TEXT swap
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 0, ptr %local, align 4
;;|   %local1 = alloca double, align 8
;;|   store double 0.000000e+00, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %0 = call { i32, double } @pair.w10(ptr %context)
;;|   %1 = extractvalue { i32, double } %0, 0
;;|   %2 = extractvalue { i32, double } %0, 1
;;|   store double %2, ptr %local1, align 8
;;|   store i32 %1, ptr %local, align 4
;;|   %3 = load double, ptr %local1, align 8
;;|   %4 = load i32, ptr %local, align 4
;;|   br label %return
;;| return:
;;|   %5 = phi double [ %3, %body ]
;;|   %6 = phi i32 [ %4, %body ]
;;|   %mrv = insertvalue { double, i32 } poison, double %5, 0
;;|   %mrv2 = insertvalue { double, i32 } %mrv, i32 %6, 1
;;|   ret { double, i32 } %mrv2
;; RUN --emit=llvm
;; HAS recursive call i32 @recursive
