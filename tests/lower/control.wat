;; Blocks, branches with operands, code that cannot be reached.
(module
  (func $if (export "if") (param i32 f64) (result f64)
    (if (result f64) (local.get 0) (then (local.get 1)) (else (f64.const 2))))
  (func $if_parameters (export "if_parameters") (param i32 i64) (result i64)
    (local.get 1)
    (if (param i64) (result i64) (local.get 0) (then (i64.const 3) (i64.mul))))
  (func $loop_parameters (export "loop_parameters") (param i32) (result i32)
    (i32.const 1)
    (loop $again (param i32) (result i32)
      (i32.mul (local.get 0))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $table (export "table") (param i32) (result i32)
    (block $a (result i32)
      (block $b (result i32)
        (i32.const 7)
        (local.get 0)
        (br_table $a $b $a $b))
      (i32.const 1)
      (i32.add)))
  (func $dead (export "dead") (param i32) (result i32)
    (block (br 0) (loop (br 0)) (if (i32.const 1) (then (unreachable)) (else (nop))))
    (return (local.get 0))
    (i32.add)
    (drop)
    (i32.const 5))
  (func $unreachable (export "unreachable") (unreachable))
  (func $endless (export "endless") (loop (br 0)))
  (func $several (export "several") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
)
;; RUN --emit=llvm-raw
;; TEXT if
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca double, align 8
;;|   store double %1, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %2 = load i32, ptr %local, align 4
;;|   %3 = icmp ne i32 %2, 0
;;|   br i1 %3, label %then, label %else
;;| then:
;;|   %4 = load double, ptr %local1, align 8
;;|   br label %if.end
;;| else:
;;|   br label %if.end
;;| if.end:
;;|   %5 = phi double [ %4, %then ], [ 2.000000e+00, %else ]
;;|   br label %return
;;| return:
;;|   %6 = phi double [ %5, %if.end ]
;;|   ret double %6
;; TEXT if_parameters
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i64, align 8
;;|   store i64 %1, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %2 = load i64, ptr %local1, align 8
;;|   %3 = load i32, ptr %local, align 4
;;|   %4 = icmp ne i32 %3, 0
;;|   br i1 %4, label %then, label %else
;;| then:
;;|   %5 = mul i64 %2, 3
;;|   br label %if.end
;;| else:
;;|   br label %if.end
;;| if.end:
;;|   %6 = phi i64 [ %5, %then ], [ %2, %else ]
;;|   br label %return
;;| return:
;;|   %7 = phi i64 [ %6, %if.end ]
;;|   ret i64 %7
;; TEXT loop_parameters
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   br label %body
;;| body:
;;|   br label %loop
;;| loop:
;;|   %1 = phi i32 [ 1, %body ], [ %3, %loop ]
;;|   %2 = load i32, ptr %local, align 4
;;|   %3 = mul i32 %1, %2
;;|   %4 = load i32, ptr %local, align 4
;;|   %5 = sub i32 %4, 1
;;|   store i32 %5, ptr %local, align 4
;;|   %6 = icmp ne i32 %5, 0
;;|   br i1 %6, label %loop, label %7
;;| 7:
;;|   br label %loop.end
;;| loop.end:
;;|   %8 = phi i32 [ %3, %7 ]
;;|   br label %return
;;| return:
;;|   %9 = phi i32 [ %8, %loop.end ]
;;|   ret i32 %9
;; TEXT table
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   br label %body
;;| body:
;;|   %1 = load i32, ptr %local, align 4
;;|   switch i32 %1, label %block.end1 [
;;|     i32 0, label %block.end
;;|     i32 2, label %block.end
;;|   ]
;;| block.end1:
;;|   %2 = phi i32 [ 7, %body ]
;;|   %3 = add i32 %2, 1
;;|   br label %block.end
;;| block.end:
;;|   %4 = phi i32 [ 7, %body ], [ 7, %body ], [ %3, %block.end1 ]
;;|   br label %return
;;| return:
;;|   %5 = phi i32 [ %4, %block.end ]
;;|   ret i32 %5
;; TEXT dead
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   br label %body
;;| body:
;;|   br label %block.end
;;| block.end:
;;|   %1 = load i32, ptr %local, align 4
;;|   br label %return
;;| return:
;;|   %2 = phi i32 [ %1, %block.end ]
;;|   ret i32 %2
;; TEXT unreachable
;;| entry:
;;|   br label %body
;;| body:
;;|   br label %trap
;;| trap:
;;|   %0 = getelementptr inbounds i8, ptr %context, i64 8
;;|   %libcalls = load ptr, ptr %0, align 8, !invariant.load, !nonnull, !noundef
;;|   %libcall = load ptr, ptr %libcalls, align 8, !invariant.load, !nonnull, !noundef
;;|   call void %libcall(ptr %context, i32 1)
;;|   call void @llvm.trap()
;;|   unreachable
;; TEXT several
;;| entry:
;;|   %local = alloca i32, align 4
;;|   store i32 %0, ptr %local, align 4
;;|   %local1 = alloca i64, align 8
;;|   store i64 %1, ptr %local1, align 8
;;|   br label %body
;;| body:
;;|   %2 = load i64, ptr %local1, align 8
;;|   %3 = load i32, ptr %local, align 4
;;|   br label %return
;;| return:
;;|   %4 = phi i64 [ %2, %body ]
;;|   %5 = phi i32 [ %3, %body ]
;;|   %mrv = insertvalue { i64, i32 } poison, i64 %4, 0
;;|   %mrv2 = insertvalue { i64, i32 } %mrv, i32 %5, 1
;;|   ret { i64, i32 } %mrv2
;; RUN --emit=llvm
;; HAS endless br label
