/* simple1 alone, as naive as benchmark.c and structured like the recorded experiment's first Arduino sketch, which had
 * no hidden layer yet. Stands in for benchmark.c and network.c in builds with SKETCH=first: without a second network
 * the optimiser inlines everything into the window and moves the last division out of it
 * (docs/findings/uno-simple1.md). */
#include <math.h>

#include "benchmark.h"
#include "format.h"
#include "hal.h"

double weights[] = {9.67299303, -0.2078435, -4.62963669};
double inputs[8][3] = {
    {0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1},
};

static double dot(double v[], double u[], int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += v[i] * u[i];
    return sum;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double predict(double v[], double u[], int n)
{
    return sigmoid(dot(v, u, n));
}

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

static bool knows(int mode)
{
    if (mode != SIMPLE1)
        hal_write("Error: this build has simple1 only, use 1\r\n");
    return mode == SIMPLE1;
}

void benchmark_test(int mode)
{
    if (!knows(mode))
        return;
    for (int k = 0; k < 8; k++)
        print_prediction(k, predict(inputs[k], weights, 3));
}

void benchmark_run(int mode)
{
    if (!knows(mode))
        return;
    hal_window_begin();
    hal_pin_high();
    hal_pin_low();
    hal_pin_high();
    hal_pin_low();
    hal_pin_high();
    double output = predict(inputs[0], weights, 3);
    hal_pin_low();
    hal_window_end();
    hal_write("Run 1: ");
    print_prediction(0, output);
}
