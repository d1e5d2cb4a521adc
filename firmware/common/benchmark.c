#include "benchmark.h"

#include "format.h"
#include "hal.h"
#include "network.h"
#include "weights.h"

#define INPUT_SETS 8

/* [a0 a1 a2] in the order of the published table. In RAM like the weights. */
real inputs[INPUT_SETS][3] = {
    {0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1},
};

static void print_prediction(int set, double output)
{
    char bits[] = "[0 0 0] = ";
    for (int i = 0; i < 3; i++)
        bits[1 + 2 * i] = inputs[set][i] == 0 ? '0' : '1';
    char number[FORMAT_SIZE];
    format_decimals(number, output);
    hal_write(bits);
    hal_write(number);
    hal_write("\r\n");
}

/* The predictions stand in full in each of the four functions below, as in the recorded firmware: a shared function
 * would add a call to the measured window. */

static void test_simple1(void)
{
    for (int k = 0; k < INPUT_SETS; k++)
        print_prediction(k, sigmoid(dot(inputs[k], weights, 3)));
}

static void test_simple2(void)
{
    real layer[HIDDEN_NODES];
    for (int k = 0; k < INPUT_SETS; k++) {
        for (int i = 0; i < HIDDEN_NODES; i++)
            layer[i] = sigmoid(dot(inputs[k], weights_1[i], 3));
        print_prediction(k, sigmoid(dot(layer, weights_2, HIDDEN_NODES)));
    }
}

static inline void toggle_twice(void)
{
    hal_pin_high();
    hal_pin_low();
    hal_pin_high();
    hal_pin_low();
}

static real run_simple1(void)
{
    toggle_twice();
    hal_pin_high();
    real output = sigmoid(dot(inputs[0], weights, 3));
    hal_pin_low();
    return output;
}

static real run_simple2(void)
{
    real layer[HIDDEN_NODES];
    toggle_twice();
    hal_pin_high();
    for (int i = 0; i < HIDDEN_NODES; i++)
        layer[i] = sigmoid(dot(inputs[0], weights_1[i], 3));
    real output = sigmoid(dot(layer, weights_2, HIDDEN_NODES));
    hal_pin_low();
    return output;
}

void benchmark_test(int mode)
{
    if (mode == SIMPLE1)
        test_simple1();
    else
        test_simple2();
}

void benchmark_run(int mode)
{
    hal_window_begin();
    real output = mode == SIMPLE1 ? run_simple1() : run_simple2();
    hal_window_end();
    hal_write(mode == SIMPLE1 ? "Run 1: " : "Run 2: ");
    print_prediction(0, output);
}
