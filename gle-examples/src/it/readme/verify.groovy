// SPDX-License-Identifier: Apache-2.0
def log = new File(basedir, 'build.log').readLines()
assert log.any { it =~ /# of classes: +10/ }
def accuracy = log.find { it =~ /^ *Accuracy:/ }.replaceAll(/[^\d.]/, '') as double
assert accuracy > 0.2 // chance is 0.1; it is a small network and a short training
assert log.any { it =~ /INFO.* org\.nd4j/ } // what is logged is seen
assert !log.any { it.contains('SLF4J: ') }
