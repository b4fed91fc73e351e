// SPDX-License-Identifier: Apache-2.0
/** The neurons: time constants, states and one Euler step of membrane and error neuron. */
package io.github.gle4j.dynamics;
