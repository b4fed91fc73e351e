// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import org.datavec.api.io.labels.ParentPathLabelGenerator;
import org.datavec.api.records.Record;
import org.datavec.api.records.SequenceRecord;
import org.datavec.api.split.FileSplit;
import org.datavec.api.writable.Writable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WavSequenceRecordReaderTest {
  private static final FeatureOptions MEL = FeatureOptions.melSpectrogram();

  @TempDir private Path folder;

  @BeforeEach
  void makeClips() throws IOException {
    TestWavs.write(folder, "yes/a.wav", 1, 16_000);
    TestWavs.write(folder, "yes/b.wav", 2, 9_000);
    TestWavs.write(folder, "no/c.wav", 3, 20_000);
    Files.writeString(folder.resolve("README.md"), "not sound");
  }

  private WavSequenceRecordReader initialized(WavSequenceRecordReader reader) throws Exception {
    reader.initialize(new FileSplit(folder.toFile(), new String[] {"wav"}));
    return reader;
  }

  private WavSequenceRecordReader features() throws Exception {
    return initialized(new WavSequenceRecordReader(MEL, new ParentPathLabelGenerator()));
  }

  @Test
  void sequencesAreFeaturesAndLabels() throws Exception {
    WavSequenceRecordReader reader = features();
    assertEquals(List.of("no", "yes"), reader.getLabels());
    int count = 0;
    while (reader.hasNext()) {
      SequenceRecord record = reader.nextSequence();
      Path file = Path.of(record.getMetaData().getURI());
      float[][] expected = new FeatureExtractor(MEL).clip(file);
      List<List<Writable>> steps = record.getSequenceRecord();
      assertEquals(820, steps.size());
      for (int step : new int[] {0, 333, 819}) {
        assertEquals(33, steps.get(step).size());
        assertEquals(expected[7][step], steps.get(step).get(7).toFloat());
        assertEquals(file.getParent().endsWith("yes") ? 1 : 0, steps.get(step).get(32).toInt());
      }
      SequenceRecord again = reader.loadSequenceFromMetaData(record.getMetaData());
      assertEquals(steps, again.getSequenceRecord());
      count++;
    }
    assertEquals(3, count);
    assertThrows(NoSuchElementException.class, reader::sequenceRecord);
    assertTrue(reader.resetSupported());
    reader.reset();
    assertTrue(reader.hasNext());
    reader.close();
  }

  @Test
  void samplesAreSequencesToo() throws Exception {
    WavSequenceRecordReader reader = initialized(WavSequenceRecordReader.ofSamples(MEL, null));
    assertNull(reader.getLabels());
    for (int i = 0; i < 3; i++) {
      SequenceRecord record = reader.nextSequence();
      Path file = Path.of(record.getMetaData().getURI());
      float[] samples = WavFile.read(file, 16_000);
      List<List<Writable>> steps = record.getSequenceRecord();
      assertEquals(16_000, steps.size());
      assertEquals(1, steps.get(0).size());
      for (int step : new int[] {0, 8_888, 9_000, 15_999}) {
        float expected = step < samples.length ? samples[step] : 0;
        assertEquals(expected, steps.get(step).get(0).toFloat());
      }
    }
    assertFalse(reader.hasNext());
  }

  @Test
  void recordsAreFlatSequences() throws Exception {
    FeatureOptions mfcc = FeatureOptions.mfcc(10);
    WavSequenceRecordReader reader =
        initialized(new WavSequenceRecordReader(mfcc, new ParentPathLabelGenerator()));
    Record record = reader.nextRecord();
    assertEquals(490 + 1, record.getRecord().size());
    SequenceRecord sequence = reader.loadSequenceFromMetaData(record.getMetaData());
    assertEquals(sequence.getSequenceRecord().get(3).get(4), record.getRecord().get(3 * 10 + 4));
    assertEquals(sequence.getSequenceRecord().get(0).get(10), record.getRecord().get(490));
    assertEquals(record.getRecord(), reader.loadFromMetaData(record.getMetaData()).getRecord());
    assertEquals(491, reader.next().size());
    assertEquals(record, reader.loadFromMetaData(List.of(record.getMetaData())).get(0));
    assertEquals(
        sequence.getSequenceRecord(),
        reader.loadSequenceFromMetaData(List.of(record.getMetaData())).get(0).getSequenceRecord());
    Path file = Path.of(record.getMetaData().getURI());
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      assertEquals(record.getRecord(), reader.record(file.toUri(), in));
    }
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      assertEquals(sequence.getSequenceRecord(), reader.sequenceRecord(file.toUri(), in));
    }
  }

  @Test
  void damagedFilesAreNamed() throws Exception {
    Path bad = Files.write(folder.resolve("no/bad.wav"), new byte[50]);
    WavSequenceRecordReader reader = features();
    int refused = 0;
    while (reader.hasNext()) {
      try {
        reader.sequenceRecord();
      } catch (UncheckedIOException e) {
        refused++;
        assertTrue(e.getMessage().startsWith(bad.toUri() + ": begins with"), e::getMessage);
        assertTrue(e.getCause() instanceof InvalidWavException);
      }
    }
    assertEquals(1, refused);
  }

  @Test
  void mustBeInitialized() {
    var e =
        assertThrows(
            IllegalStateException.class, () -> new WavSequenceRecordReader(MEL, null).hasNext());
    assertTrue(e.getMessage().contains("initialize it"));
  }
}
