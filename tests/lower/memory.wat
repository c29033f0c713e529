;; Addresses are base + zext(address) + constant: no check, nothing volatile.
(module
  (memory 2)
  (func $load (param i32) (result f64) (f64.load (local.get 0)))
  (func $load_offset (param i32) (result i64) (i64.load offset=4096 (local.get 0)))
  (func $load_narrow (param i32) (result i32)
    (i32.add (i32.load8_s (local.get 0)) (i32.load16_u (local.get 0))))
  (func $store_narrow (param i32 i64) (i64.store32 (local.get 0) (local.get 1)))
  (func $fill (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $size (result i32) (memory.size))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0)))
)
;; RUN --emit=llvm-raw
;; TEXT load
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   %2 = zext i32 %1 to i64
;;|   %3 = getelementptr i8, ptr %memory, i64 %2
;;|   %4 = load double, ptr %3, align 1, !tbaa
;;|   br label %return
;;| return:
;;|   %5 = phi double [ %4, %body ]
;;|   ret double %5
;; TEXT load_offset
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   %2 = zext i32 %1 to i64
;;|   %3 = getelementptr i8, ptr %memory, i64 %2
;;|   %4 = getelementptr i8, ptr %3, i64 4096
;;|   %5 = load i64, ptr %4, align 1, !tbaa
;;|   br label %return
;;| return:
;;|   %6 = phi i64 [ %5, %body ]
;;|   ret i64 %6
;; TEXT load_narrow
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   %2 = zext i32 %1 to i64
;;|   %3 = getelementptr i8, ptr %memory, i64 %2
;;|   %4 = load i8, ptr %3, align 1, !tbaa
;;|   %5 = sext i8 %4 to i32
;;|   %6 = load i32, ptr %local, align 4
;;|   %7 = zext i32 %6 to i64
;;|   %8 = getelementptr i8, ptr %memory, i64 %7
;;|   %9 = load i16, ptr %8, align 1, !tbaa
;;|   %10 = zext i16 %9 to i32
;;|   %11 = add i32 %5, %10
;;|   br label %return
;;| return:
;;|   %12 = phi i32 [ %11, %body ]
;;|   ret i32 %12
;; TEXT store_narrow
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i64, align 8
;;|   store i64 %1, ptr %local1, align 8
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %2 = load i32, ptr %local, align 4
;;|   %3 = load i64, ptr %local1, align 8
;;|   %4 = trunc i64 %3 to i32
;;|   %5 = zext i32 %2 to i64
;;|   %6 = getelementptr i8, ptr %memory, i64 %5
;;|   store i32 %4, ptr %6, align 1, !tbaa
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT fill
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   %local2 = alloca i32, align 4
;;|   store i32 %2, ptr %local2, align 4
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = load i32, ptr %local1, align 4
;;|   %5 = load i32, ptr %local2, align 4
;;|   %6 = zext i32 %5 to i64
;;|   %7 = trunc i32 %4 to i8
;;|   %8 = zext i32 %3 to i64
;;|   %9 = getelementptr inbounds i8, ptr %context, i64 64
;;|   %10 = load ptr, ptr %9, align 8, !invariant.load, !nonnull, !noundef
;;|   %11 = getelementptr inbounds i8, ptr %10, i64 8
;;|   %memory.size = load i64, ptr %11, align 8, !tbaa
;;|   %end = add nuw i64 %8, %6
;;|   %outside = icmp ugt i64 %end, %memory.size
;;|   br i1 %outside, label %trap, label %12, !prof
;;| 12:
;;|   %13 = getelementptr i8, ptr %memory, i64 %8
;;|   call void @llvm.memset.p0.i64(ptr align 1 %13, i8 %7, i64 %6, i1 false), !tbaa
;;|   br label %return
;;| return:
;;|   ret void
;;| trap:
;;|   %14 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %14, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 2)
;;|   call void @llvm.trap()
;;|   unreachable
;; TEXT copy
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   %local2 = alloca i32, align 4
;;|   store i32 %2, ptr %local2, align 4
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = load i32, ptr %local1, align 4
;;|   %5 = load i32, ptr %local2, align 4
;;|   %6 = zext i32 %5 to i64
;;|   %7 = zext i32 %4 to i64
;;|   %8 = zext i32 %3 to i64
;;|   %9 = getelementptr inbounds i8, ptr %context, i64 64
;;|   %10 = load ptr, ptr %9, align 8, !invariant.load, !nonnull, !noundef
;;|   %11 = getelementptr inbounds i8, ptr %10, i64 8
;;|   %memory.size = load i64, ptr %11, align 8, !tbaa
;;|   %end = add nuw i64 %8, %6
;;|   %outside = icmp ugt i64 %end, %memory.size
;;|   br i1 %outside, label %trap, label %12, !prof
;;| 12:
;;|   %end3 = add nuw i64 %7, %6
;;|   %outside4 = icmp ugt i64 %end3, %memory.size
;;|   br i1 %outside4, label %trap, label %14, !prof
;;| trap:
;;|   %13 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %13, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 2)
;;|   call void @llvm.trap()
;;|   unreachable
;;| 14:
;;|   %15 = getelementptr i8, ptr %memory, i64 %7
;;|   %16 = getelementptr i8, ptr %memory, i64 %8
;;|   call void @llvm.memmove.p0.p0.i64(ptr align 1 %16, ptr align 1 %15, i64 %6, i1 false), !tbaa
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT size
;;| entry:
;;|   br label %body
;;| body:
;;|   %0 = getelementptr inbounds i8, ptr %context, i64 64
;;|   %1 = load ptr, ptr %0, align 8, !invariant.load, !nonnull, !noundef
;;|   %2 = getelementptr inbounds i8, ptr %1, i64 8
;;|   %memory.size = load i64, ptr %2, align 8, !tbaa
;;|   %3 = lshr i64 %memory.size, 16
;;|   %4 = trunc i64 %3 to i32
;;|   br label %return
;;| return:
;;|   %5 = phi i32 [ %4, %body ]
;;|   ret i32 %5
;; TEXT grow
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   %2 = zext i32 %1 to i64
;;|   %3 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %3, align 8, !invariant.load, !nonnull, !noundef
;;|   %4 = getelementptr inbounds i8, ptr %libcalls, i64 8
;;|   %libcall = load ptr, ptr %4, align 8, !invariant.load, !nonnull, !noundef
;;|   %5 = call i64 %libcall(ptr %context, i32 0, i64 %2)
;;|   %6 = trunc i64 %5 to i32
;;|   br label %return
;;| return:
;;|   %7 = phi i32 [ %6, %body ]
;;|   ret i32 %7
;; LACKS load volatile
;; RUN --emit=llvm-raw --strict-traps
;; HAS load load volatile double
;; HAS store_narrow store volatile i32
;; RUN --emit=llvm-raw --bounds=explicit
;; TEXT load_offset
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %memory = load ptr, ptr %context, align 8, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   %2 = zext i32 %1 to i64
;;|   %end = add nuw i64 %2, 4104
;;|   %3 = getelementptr inbounds i8, ptr %context, i64 64
;;|   %4 = load ptr, ptr %3, align 8, !invariant.load, !nonnull, !noundef
;;|   %5 = getelementptr inbounds i8, ptr %4, i64 8
;;|   %memory.size = load i64, ptr %5, align 8, !tbaa
;;|   %outside = icmp ugt i64 %end, %memory.size
;;|   br i1 %outside, label %trap, label %6, !prof
;;| 6:
;;|   %7 = getelementptr i8, ptr %memory, i64 %2
;;|   %8 = getelementptr i8, ptr %7, i64 4096
;;|   %9 = load i64, ptr %8, align 1, !tbaa
;;|   br label %return
;;| return:
;;|   %10 = phi i64 [ %9, %6 ]
;;|   ret i64 %10
;;| trap:
;;|   %11 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %11, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 2)
;;|   call void @llvm.trap()
;;|   unreachable
