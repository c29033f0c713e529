;; Arithmetic traps where it must, and floating point keeps signaling NaNs quiet.
(module
  (func $div_s (export "div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $rem_s (export "rem_s") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func $div_u (export "div_u") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func $div_by_ten (export "div_by_ten") (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 10)))
  (func $shift (export "shift") (param i64 i64) (result i64) (i64.shr_s (local.get 0) (local.get 1)))
  (func $rotate (export "rotate") (param i32 i32) (result i32) (i32.rotl (local.get 0) (local.get 1)))
  (func $condition (export "condition") (param i32 i32) (result i32)
    (if (result i32) (i32.eqz (i32.lt_s (local.get 0) (local.get 1)))
      (then (i32.const 1)) (else (i32.const 2))))
  (func $times_one (export "times_one") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1)))
  (func $minus_zero (export "minus_zero") (param f32) (result f32) (f32.sub (local.get 0) (f32.const 0)))
  (func $over_minus_one (export "over_minus_one") (param f64) (result f64) (f64.div (local.get 0) (f64.const -1)))
  (func $times_two (export "times_two") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 2)))
  (func $there_and_back (export "there_and_back") (param f32) (result f32)
    (f32.demote_f64 (f64.promote_f32 (local.get 0))))
  (func $nan (export "nan") (result f32) (f32.const nan:0x200001))
  (func $truncate (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $saturate (export "saturate") (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
)
;; RUN --emit=llvm-raw
;; TEXT div_s
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   br label %body
;;| body:
;;|   %2 = load i32, ptr %local, align 4
;;|   %3 = load i32, ptr %local1, align 4
;;|   %4 = icmp eq i32 %3, 0
;;|   br i1 %4, label %trap, label %5, !prof
;;| 5:
;;|   %6 = icmp eq i32 %3, -1
;;|   %7 = icmp eq i32 %2, -2147483648
;;|   %8 = and i1 %7, %6
;;|   br i1 %8, label %trap2, label %10, !prof
;;| trap:
;;|   %9 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls3 = load ptr, ptr %9, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall4 = load ptr, ptr %libcalls3, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall4(ptr %context, i32 8)
;;|   call void @llvm.trap()
;;|   unreachable
;;| 10:
;;|   %11 = sdiv i32 %2, %3
;;|   br label %return
;;| return:
;;|   %12 = phi i32 [ %11, %10 ]
;;|   ret i32 %12
;;| trap2:
;;|   %13 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %13, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 7)
;;|   call void @llvm.trap()
;;|   unreachable
;; TEXT rem_s
;;| entry:
;;|   %local = alloca i64, align 8
;;|   store i64 %0, ptr %local, align 8
;;|   %local1 = alloca i64, align 8
;;|   store i64 %1, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %2 = load i64, ptr %local, align 8
;;|   %3 = load i64, ptr %local1, align 8
;;|   %4 = icmp eq i64 %3, 0
;;|   br i1 %4, label %trap, label %5, !prof
;;| 5:
;;|   %6 = icmp eq i64 %3, -1
;;|   %7 = select i1 %6, i64 1, i64 %3
;;|   %8 = srem i64 %2, %7
;;|   br label %return
;;| return:
;;|   %9 = phi i64 [ %8, %5 ]
;;|   ret i64 %9
;;| trap:
;;|   %10 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %10, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 8)
;;|   call void @llvm.trap()
;;|   unreachable
;; TEXT shift
;;| entry:
;;|   %local = alloca i64, align 8
;;|   store i64 %0, ptr %local, align 8
;;|   %local1 = alloca i64, align 8
;;|   store i64 %1, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %2 = load i64, ptr %local, align 8
;;|   %3 = load i64, ptr %local1, align 8
;;|   %4 = and i64 %3, 63
;;|   %5 = ashr i64 %2, %4
;;|   br label %return
;;| return:
;;|   %6 = phi i64 [ %5, %body ]
;;|   ret i64 %6
;; TEXT rotate
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   br label %body
;;| body:
;;|   %2 = load i32, ptr %local, align 4
;;|   %3 = load i32, ptr %local1, align 4
;;|   %4 = call i32 @llvm.fshl.i32(i32 %2, i32 %2, i32 %3)
;;|   br label %return
;;| return:
;;|   %5 = phi i32 [ %4, %body ]
;;|   ret i32 %5
;; TEXT truncate
;;| entry:
;;|   %local = alloca double, align 8
;;|   store double %0, ptr %local, align 8
;;|   br label %body
;;| body:
;;|   %1 = load double, ptr %local, align 8
;;|   %2 = fcmp ogt double %1, 0xC1E0000000200000
;;|   %3 = fcmp olt double %1, 0x41E0000000000000
;;|   %4 = and i1 %2, %3
;;|   %5 = xor i1 %4, true
;;|   br i1 %5, label %6, label %8, !prof
;;| 6:
;;|   %7 = fcmp uno double %1, %1
;;|   br i1 %7, label %trap1, label %trap
;;| 8:
;;|   %9 = fptosi double %1 to i32
;;|   br label %return
;;| return:
;;|   %10 = phi i32 [ %9, %8 ]
;;|   ret i32 %10
;;| trap:
;;|   %11 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %11, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 7)
;;|   call void @llvm.trap()
;;|   unreachable
;;| trap1:
;;|   %12 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls2 = load ptr, ptr %12, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall3 = load ptr, ptr %libcalls2, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall3(ptr %context, i32 9)
;;|   call void @llvm.trap()
;;|   unreachable
;; HAS condition br i1 %\d+, label %then, label %else
;; LACKS condition icmp ne
;; HAS nan ret float|float 0x7FF4000020000000
;; HAS saturate llvm.fptoui.sat.i64.f32
;; RUN --emit=llvm
;; HAS times_one fmul double
;; HAS minus_zero f(sub|add) float
;; HAS over_minus_one f(div|mul) double
;; HAS there_and_back fmul double
;; HAS times_two f(add|mul) double
;; LACKS times_two load
;; LACKS div_by_ten trap
;; HAS div_u trap
