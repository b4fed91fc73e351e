// SPDX-License-Identifier: Apache-2.0
/** CIFAR-10 and MNIST as minibatches of images, or of images that are presented for some steps. */
package io.github.gle4j.images;
