/* The arithmetic of the published experiment: a dot product and a sigmoid in doubles, without any cleverness. */
#ifndef NETWORK_H
#define NETWORK_H

double dot(double v[], double u[], int n);
double sigmoid(double x);

#endif
