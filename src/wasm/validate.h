/*
 * validate.h - what the two halves of the validator share: bodies here, the module around them in
 * validate_module.c.
 */
#ifndef MPIWASM_WASM_VALIDATE_H
#define MPIWASM_WASM_VALIDATE_H

#include "wasm/module.h"

struct validator;

/* Reused from body to body, so that its stacks are allocated once. */
struct validator *validator_new(const struct wasm_module *module, struct error *err);
void validator_free(struct validator *validator);

/* The body of a function that is not imported; its type index has been checked. */
bool validator_check_body(struct validator *validator, uint32_t function);

/*
 * A constant expression that must give one value of `type`. Globals from `visible_globals` on do
 * not exist for it yet.
 */
bool validator_check_constant(struct validator *validator, const struct wasm_constant *constant,
                              enum wasm_type type, uint32_t visible_globals);

#endif
