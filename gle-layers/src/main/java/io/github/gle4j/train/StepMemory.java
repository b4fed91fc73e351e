// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.train;

import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.factory.Nd4j;

/** The workspace for arrays that do not outlive a time step, so that none is left to collect. */
final class StepMemory {
  private static final String NAME = "GLE_STEP";
  private static final WorkspaceConfiguration CONFIGURATION =
      WorkspaceConfiguration.builder().policyLearning(LearningPolicy.FIRST_LOOP).build();

  private StepMemory() {}

  static MemoryWorkspace open() {
    return Nd4j.getWorkspaceManager().getAndActivateWorkspace(CONFIGURATION, NAME);
  }
}
