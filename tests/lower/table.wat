;; Tables and references: one element in place, more by the runtime.
(module
  (table $f 4 funcref)
  (table $e 4 externref)
  (elem $segment func $get)
  (func $get (param i32) (result externref) (table.get $e (local.get 0)))
  (func $set (param i32 externref) (table.set $e (local.get 0) (local.get 1)))
  (func $null (result i32) (ref.is_null (ref.null func)))
  (func $reference (result funcref) (ref.func $get))
  (func $size (result i32) (table.size $e))
  (func $grow (param externref i32) (result i32) (table.grow $e (local.get 0) (local.get 1)))
  (func $fill (param i32 externref i32)
    (table.fill $e (local.get 0) (local.get 1) (local.get 2)))
  (func $copy (param i32 i32 i32) (table.copy $f $f (local.get 0) (local.get 1) (local.get 2)))
  (func $init (param i32 i32 i32)
    (table.init $f $segment (local.get 0) (local.get 1) (local.get 2)))
  (func $drop (elem.drop $segment))
)
;; RUN --emit=llvm-raw
;; TEXT get
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   %2 = zext i32 %1 to i64
;;|   %3 = getelementptr inbounds i8, ptr %context, i64 72
;;|   %table = load ptr, ptr %3, align 8, !invariant.load, !nonnull, !noundef
;;|   %4 = getelementptr inbounds i8, ptr %table, i64 8
;;|   %table.size = load i64, ptr %4, align 8, !tbaa
;;|   %outside = icmp uge i64 %2, %table.size
;;|   br i1 %outside, label %trap, label %5, !prof
;;| 5:
;;|   %6 = getelementptr inbounds i8, ptr %context, i64 72
;;|   %table1 = load ptr, ptr %6, align 8, !invariant.load, !nonnull, !noundef
;;|   %entries = load ptr, ptr %table1, align 8, !invariant.load, !noundef
;;|   %7 = getelementptr inbounds ptr, ptr %entries, i64 %2
;;|   %8 = load ptr, ptr %7, align 8, !tbaa
;;|   br label %return
;;| return:
;;|   %9 = phi ptr [ %8, %5 ]
;;|   ret ptr %9
;;| trap:
;;|   %10 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %10, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 3)
;;|   call void @llvm.trap()
;;|   unreachable
;; TEXT set
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca ptr, align 8
;;|   store ptr %1, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %2 = load i32, ptr %local, align 4
;;|   %3 = load ptr, ptr %local1, align 8
;;|   %4 = zext i32 %2 to i64
;;|   %5 = getelementptr inbounds i8, ptr %context, i64 72
;;|   %table = load ptr, ptr %5, align 8, !invariant.load, !nonnull, !noundef
;;|   %6 = getelementptr inbounds i8, ptr %table, i64 8
;;|   %table.size = load i64, ptr %6, align 8, !tbaa
;;|   %outside = icmp uge i64 %4, %table.size
;;|   br i1 %outside, label %trap, label %7, !prof
;;| 7:
;;|   %8 = getelementptr inbounds i8, ptr %context, i64 72
;;|   %table2 = load ptr, ptr %8, align 8, !invariant.load, !nonnull, !noundef
;;|   %entries = load ptr, ptr %table2, align 8, !invariant.load, !noundef
;;|   %9 = getelementptr inbounds ptr, ptr %entries, i64 %4
;;|   store ptr %3, ptr %9, align 8, !tbaa
;;|   br label %return
;;| return:
;;|   ret void
;;| trap:
;;|   %10 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %10, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 3)
;;|   call void @llvm.trap()
;;|   unreachable
;; TEXT reference
;;| entry:
;;|   br label %body
;;| body:
;;|   %0 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %0, align 8, !invariant.load, !nonnull, !noundef
;;|   %1 = getelementptr inbounds i8, ptr %libcalls, i64 88
;;|   %libcall = load ptr, ptr %1, align 8, !invariant.load, !nonnull, !noundef
;;|   %2 = call nonnull ptr %libcall(ptr %context, i32 0)
;;|   br label %return
;;| return:
;;|   %3 = phi ptr [ %2, %body ]
;;|   ret ptr %3
;; TEXT size
;;| entry:
;;|   br label %body
;;| body:
;;|   %0 = getelementptr inbounds i8, ptr %context, i64 72
;;|   %table = load ptr, ptr %0, align 8, !invariant.load, !nonnull, !noundef
;;|   %1 = getelementptr inbounds i8, ptr %table, i64 8
;;|   %table.size = load i64, ptr %1, align 8, !tbaa
;;|   %2 = trunc i64 %table.size to i32
;;|   br label %return
;;| return:
;;|   %3 = phi i32 [ %2, %body ]
;;|   ret i32 %3
;; TEXT grow
;;| entry:
;;|   %local = alloca ptr, align 8
;;|   store ptr %0, ptr %local, align 8
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   br label %body
;;| body:
;;|   %2 = load ptr, ptr %local, align 8
;;|   %3 = load i32, ptr %local1, align 4
;;|   %4 = zext i32 %3 to i64
;;|   %5 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %5, align 8, !invariant.load, !nonnull, !noundef
;;|   %6 = getelementptr inbounds i8, ptr %libcalls, i64 48
;;|   %libcall = load ptr, ptr %6, align 8, !invariant.load, !nonnull, !noundef
;;|   %7 = call i64 %libcall(ptr %context, i32 1, ptr %2, i64 %4)
;;|   %8 = trunc i64 %7 to i32
;;|   br label %return
;;| return:
;;|   %9 = phi i32 [ %8, %body ]
;;|   ret i32 %9
;; TEXT fill
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca ptr, align 8
;;|   store ptr %1, ptr %local1, align 8
;;|   %local2 = alloca i32, align 4
;;|   store i32 %2, ptr %local2, align 4
;;|   br label %body
;;| body:
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = load ptr, ptr %local1, align 8
;;|   %5 = load i32, ptr %local2, align 4
;;|   %6 = zext i32 %5 to i64
;;|   %7 = zext i32 %3 to i64
;;|   %8 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %8, align 8, !invariant.load, !nonnull, !noundef
;;|   %9 = getelementptr inbounds i8, ptr %libcalls, i64 56
;;|   %libcall = load ptr, ptr %9, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 1, i64 %7, ptr %4, i64 %6)
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT copy
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   %local2 = alloca i32, align 4
;;|   store i32 %2, ptr %local2, align 4
;;|   br label %body
;;| body:
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = load i32, ptr %local1, align 4
;;|   %5 = load i32, ptr %local2, align 4
;;|   %6 = zext i32 %5 to i64
;;|   %7 = zext i32 %4 to i64
;;|   %8 = zext i32 %3 to i64
;;|   %9 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %9, align 8, !invariant.load, !nonnull, !noundef
;;|   %10 = getelementptr inbounds i8, ptr %libcalls, i64 64
;;|   %libcall = load ptr, ptr %10, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 0, i32 0, i64 %8, i64 %7, i64 %6)
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT init
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i32, align 4
;;|   store i32 %1, ptr %local1, align 4
;;|   %local2 = alloca i32, align 4
;;|   store i32 %2, ptr %local2, align 4
;;|   br label %body
;;| body:
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = load i32, ptr %local1, align 4
;;|   %5 = load i32, ptr %local2, align 4
;;|   %6 = zext i32 %5 to i64
;;|   %7 = zext i32 %4 to i64
;;|   %8 = zext i32 %3 to i64
;;|   %9 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %9, align 8, !invariant.load, !nonnull, !noundef
;;|   %10 = getelementptr inbounds i8, ptr %libcalls, i64 72
;;|   %libcall = load ptr, ptr %10, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 0, i32 0, i64 %8, i64 %7, i64 %6)
;;|   br label %return
;;| return:
;;|   ret void
;; TEXT drop
;;| entry:
;;|   br label %body
;;| body:
;;|   %0 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %0, align 8, !invariant.load, !nonnull, !noundef
;;|   %1 = getelementptr inbounds i8, ptr %libcalls, i64 80
;;|   %libcall = load ptr, ptr %1, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 0)
;;|   br label %return
;;| return:
;;|   ret void
