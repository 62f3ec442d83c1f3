/* What valgrind is told: macros of its headers, which Rust can not call. Outside of valgrind
   they are a few instructions that do nothing. */
#include <valgrind/helgrind.h>

void note_happens_before(const void *word) { ANNOTATE_HAPPENS_BEFORE(word); }

void note_happens_after(const void *word) { ANNOTATE_HAPPENS_AFTER(word); }
