/* The two networks on this board: every prediction, and one prediction between two edges of the pin. */
#ifndef BENCHMARK_H
#define BENCHMARK_H

enum { SIMPLE1 = 1, SIMPLE2 = 2 };

/* Prints the predictions of all eight input sets. */
void benchmark_test(int mode);

/* One run for the scope: two full toggles of the pin, then high, one prediction of [0 0 0], low; then prints it. */
void benchmark_run(int mode);

#endif
