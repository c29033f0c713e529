;; Atomic instructions are LLVM's, with a check of the alignment in front; a shared memory's size is
;; read atomically, and loads are not moved over an atomic one.
(module
  (memory 1 2 shared)
  (func $load (export "load") (param i32) (result i64) (i64.atomic.load offset=4 (local.get 0)))
  (func $byte (export "byte") (param i32) (result i32) (i32.atomic.load8_u (local.get 0)))
  (func $store (export "store") (param i32 i64)
    (i64.atomic.store16 (local.get 0) (local.get 1)))
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.atomic.rmw8.add_u (local.get 0) (local.get 1)))
  (func $swap (export "swap") (param i32 i64 i64) (result i64)
    (i64.atomic.rmw32.cmpxchg_u (local.get 0) (local.get 1) (local.get 2)))
  (func $fence (export "fence") (atomic.fence))
  (func $size (export "size") (result i32) (memory.size))
  (func $order (export "order") (param i32 i32) (result i32)
    (i32.load (local.get 0))
    (i32.atomic.load8_u (local.get 1))
    (i32.load offset=4 (local.get 0))
    (i32.sub) (i32.mul))
)
;; RUN --emit=llvm-raw
;; HAS load add i32 %\d+, 4
;; HAS load and i32 %\d+, 7
;; HAS load load atomic i64, ptr %\d+ seq_cst, align 8
;; LACKS byte br i1
;; HAS byte load atomic i8, ptr %\d+ seq_cst, align 1
;; HAS store store atomic i16 %\d+, ptr %\d+ seq_cst, align 2
;; HAS add atomicrmw add ptr %\d+, i8 %\d+ seq_cst, align 1
;; HAS swap cmpxchg ptr %\d+, i32 %\d+, i32 %\d+ seq_cst seq_cst, align 4
;; HAS fence fence seq_cst
;; HAS size load atomic i64, ptr %\d+ monotonic, align 8
;; RUN --emit=llvm
;; TEXT order
;;| entry:
;;|   %memory = load ptr, ptr %context, align 16, !invariant.load, !nonnull, !dereferenceable, !align, !noundef
;;|   %2 = zext i32 %0 to i64
;;|   %3 = getelementptr i8, ptr %memory, i64 %2
;;|   %4 = load i32, ptr %3, align 1, !tbaa
;;|   %5 = zext i32 %1 to i64
;;|   %6 = getelementptr i8, ptr %memory, i64 %5
;;|   %7 = load atomic i8, ptr %6 seq_cst, align 1, !tbaa
;;|   %8 = zext i8 %7 to i32
;;|   %9 = getelementptr i8, ptr %3, i64 4
;;|   %10 = load i32, ptr %9, align 1, !tbaa
;;|   %11 = sub i32 %8, %10
;;|   %12 = mul i32 %11, %4
;;|   ret i32 %12
