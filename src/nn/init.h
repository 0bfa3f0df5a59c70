/* Initial weights: normal with mean 0 and a variance that depends on the layer, biases 0.
 *
 *   he      2 / fan_in                          (He et al. 2015)
 *   xavier  2 / (fan_in + fan_out)              (Glorot and Bengio 2010)
 *   auto    1 / (fan_in (m^2 + v))              (AutoInit, Bingham and Miikkulainen 2023)
 *
 * where m and v are the mean and the variance of the layer's input, followed through the network: the
 * second moment of the data comes from the caller, a dense layer then gives mean 0 and variance 1,
 * and an activation f gives E f(z) and Var f(z) for z normal with its input's moments. Learned
 * parameters count at the values they start from. Where the moments are not finite, or vanish, the
 * next layer falls back to he. A recurrent layer's two products share the variance 1 of their sum, and its
 * state has the moments of its function of that; embeddings have deviation 1 in every scheme. */
#ifndef ACTSEARCH_NN_INIT_H
#define ACTSEARCH_NN_INIT_H

enum init { INIT_HE, INIT_XAVIER, INIT_AUTO };

/* In the order of enum init, ended by NULL; for json_choice(). */
extern const char *const init_names[];

#endif
