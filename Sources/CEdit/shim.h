#include <stdio.h>
#include <editline/readline.h>

/* The library keeps these in global variables, which Swift does not touch. Signals stay with us. */
static inline void tarn_edit_prepare(const char *name, int (*read_byte)(FILE *)) {
    rl_readline_name = name;
    rl_catch_signals = 0;
    rl_getc_function = read_byte;
    rl_initialize();
}
