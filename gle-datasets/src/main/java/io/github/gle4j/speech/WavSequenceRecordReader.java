// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.speech;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.TreeSet;
import org.datavec.api.conf.Configuration;
import org.datavec.api.io.labels.PathLabelGenerator;
import org.datavec.api.records.Record;
import org.datavec.api.records.SequenceRecord;
import org.datavec.api.records.metadata.RecordMetaData;
import org.datavec.api.records.metadata.RecordMetaDataURI;
import org.datavec.api.records.reader.BaseRecordReader;
import org.datavec.api.records.reader.SequenceRecordReader;
import org.datavec.api.split.InputSplit;
import org.datavec.api.writable.FloatWritable;
import org.datavec.api.writable.IntWritable;
import org.datavec.api.writable.Writable;

/**
 * WAV files for DataVec: a sequence for each file, of features or of samples, and its label at
 * every time step if wanted.
 *
 * <pre>{@code
 * SequenceRecordReader reader = new WavSequenceRecordReader(
 *     FeatureOptions.melSpectrogram(), new ParentPathLabelGenerator());
 * reader.initialize(new FileSplit(folder, new String[] {"wav"}));
 * DataSetIterator iterator = new SequenceRecordReaderDataSetIterator(reader, 32, 12, 32);
 * }</pre>
 *
 * <p>Files are integer PCM of 8, 16, 24 or 32 bits or floating-point numbers of 32 or 64, which are
 * clipped to -1 and 1, with one or two channels, two being averaged; shorter ones are padded with
 * zeros, longer ones cut. Others are refused: methods that cannot throw an {@link
 * InvalidWavException} throw it inside an {@link UncheckedIOException}, which names the file.
 *
 * <p>For Speech Commands, {@link SpeechCommandsDataSetIterator} is faster and knows the parts.
 * Although the interface extends {@code Serializable}, this reader cannot be serialised.
 *
 * @serial exclude
 */
@SuppressWarnings("InvalidBlockTag") // Javadoc does know @serial on a class
public final class WavSequenceRecordReader extends BaseRecordReader
    implements SequenceRecordReader {
  private final int sampleRate;
  private final int clipSamples;
  private final FeatureExtractor extractor; // or null, for samples
  private final FeatureOptions options;
  private final PathLabelGenerator labelGenerator;
  private List<String> labels;
  private Iterator<URI> files;
  private Configuration configuration;

  /**
   * A reader of features.
   *
   * @param options the features; a time step has {@link FeatureOptions#rows()} values
   * @param labelGenerator tells the label, which each time step ends with as a number; null for
   *     none
   * @throws IllegalArgumentException when an option is outside its range
   */
  public WavSequenceRecordReader(FeatureOptions options, PathLabelGenerator labelGenerator) {
    this(options, new FeatureExtractor(options), labelGenerator);
  }

  private WavSequenceRecordReader(
      FeatureOptions options, FeatureExtractor extractor, PathLabelGenerator labelGenerator) {
    this.options = options;
    this.extractor = extractor;
    this.sampleRate = options.sampleRate();
    this.clipSamples = options.clipSamples();
    this.labelGenerator = labelGenerator;
  }

  /**
   * A reader of the samples themselves, one at each time step.
   *
   * @param options their rate and number; the rest does not matter
   * @param labelGenerator tells the label, which each time step ends with as a number; null for
   *     none
   * @return the reader
   * @throws IllegalArgumentException when an option is outside its range
   */
  public static WavSequenceRecordReader ofSamples(
      FeatureOptions options, PathLabelGenerator labelGenerator) {
    return new WavSequenceRecordReader(options.checked(), null, labelGenerator);
  }

  @Override
  public void initialize(InputSplit split) throws IOException, InterruptedException {
    super.initialize(split);
    if (labelGenerator != null) {
      TreeSet<String> names = new TreeSet<>();
      for (URI file : split.locations()) {
        names.add(labelGenerator.getLabelForPath(file).toString());
      }
      labels = List.copyOf(names);
    }
    files = split.locationsIterator();
  }

  @Override
  public void initialize(Configuration conf, InputSplit split)
      throws IOException, InterruptedException {
    setConf(conf);
    initialize(split);
  }

  @Override
  public void setConf(Configuration conf) {
    configuration = conf;
  }

  @Override
  public Configuration getConf() {
    return configuration;
  }

  @Override
  public boolean hasNext() {
    if (files == null) {
      throw new IllegalStateException("this reader has no files yet: initialize it");
    }
    return files.hasNext();
  }

  /**
   * The names of the labels.
   *
   * @return the names in alphabetical order, a label's number being its place; null without labels
   */
  @Override
  public List<String> getLabels() {
    return labels;
  }

  @Override
  public void reset() {
    inputSplit.reset();
    files = inputSplit.locationsIterator();
  }

  @Override
  public boolean resetSupported() {
    return inputSplit == null || inputSplit.resetSupported();
  }

  @Override
  public void close() {}

  /**
   * The next file as a sequence.
   *
   * @return time steps of features or of one sample, and a label if wanted
   * @throws NoSuchElementException when no file is left
   * @throws UncheckedIOException when the file is damaged, or of a kind that is not read
   */
  @Override
  public List<List<Writable>> sequenceRecord() {
    return nextSequence().getSequenceRecord();
  }

  @Override
  public SequenceRecord nextSequence() {
    if (!hasNext()) {
      throw new NoSuchElementException("all files have been read: reset()");
    }
    URI file = files.next();
    try {
      SequenceRecord record =
          loadSequenceFromMetaData(new RecordMetaDataURI(file, WavSequenceRecordReader.class));
      invokeListeners(record);
      return record;
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  @Override
  public List<List<Writable>> sequenceRecord(URI uri, DataInputStream stream) throws IOException {
    return sequence(uri, stream);
  }

  @Override
  public SequenceRecord loadSequenceFromMetaData(RecordMetaData metaData) throws IOException {
    URI file = metaData.getURI();
    try (InputStream in = streamCreatorFn.apply(file)) {
      return new org.datavec.api.records.impl.SequenceRecord(sequence(file, in), metaData);
    }
  }

  @Override
  public List<SequenceRecord> loadSequenceFromMetaData(List<RecordMetaData> metaData)
      throws IOException {
    List<SequenceRecord> records = new ArrayList<>();
    for (RecordMetaData each : metaData) {
      records.add(loadSequenceFromMetaData(each));
    }
    return records;
  }

  /**
   * The next file as one record.
   *
   * @return the values of all its time steps, one step after another, and its label if wanted
   * @throws NoSuchElementException when no file is left
   * @throws UncheckedIOException when the file is damaged, or of a kind that is not read
   */
  @Override
  public List<Writable> next() {
    return flat(sequenceRecord());
  }

  @Override
  public List<Writable> record(URI uri, DataInputStream stream) throws IOException {
    return flat(sequence(uri, stream));
  }

  @Override
  public Record nextRecord() {
    SequenceRecord sequence = nextSequence();
    return new org.datavec.api.records.impl.Record(
        flat(sequence.getSequenceRecord()), sequence.getMetaData());
  }

  @Override
  public Record loadFromMetaData(RecordMetaData metaData) throws IOException {
    return new org.datavec.api.records.impl.Record(
        flat(loadSequenceFromMetaData(metaData).getSequenceRecord()), metaData);
  }

  @Override
  public List<Record> loadFromMetaData(List<RecordMetaData> metaData) throws IOException {
    List<Record> records = new ArrayList<>();
    for (RecordMetaData each : metaData) {
      records.add(loadFromMetaData(each));
    }
    return records;
  }

  private List<List<Writable>> sequence(URI file, InputStream in) throws IOException {
    String name = file.toString();
    float[] samples = WavFile.samples(name, WavFile.bytes(name, in), sampleRate);
    float[] clip = Arrays.copyOf(samples, clipSamples);
    Writable label = labelGenerator == null ? null : label(file);
    int rows = extractor == null ? 1 : options.rows();
    float[] values = extractor == null ? clip : features(clip);
    List<List<Writable>> steps = new ArrayList<>();
    for (int start = 0; start < values.length; start += rows) {
      List<Writable> step = new ArrayList<>(rows + 1);
      for (int row = 0; row < rows; row++) {
        step.add(new FloatWritable(values[start + row]));
      }
      if (label != null) {
        step.add(label);
      }
      steps.add(step);
    }
    return steps;
  }

  private float[] features(float[] clip) {
    float[] windows = new float[options.frames() * options.rows()];
    extractor.extract(clip, windows);
    float[] steps = new float[options.steps() * options.rows()];
    Upsampling.upsample(windows, options.rows(), options.upsampling(), steps);
    return steps;
  }

  private Writable label(URI file) {
    String name = labelGenerator.getLabelForPath(file).toString();
    int number = labels == null ? -1 : labels.indexOf(name);
    if (number < 0) {
      throw new IllegalStateException(
          file + ": label '" + name + "' is none of " + labels + ", the labels at initialize");
    }
    return new IntWritable(number);
  }

  private List<Writable> flat(List<List<Writable>> steps) {
    List<Writable> values = new ArrayList<>();
    for (List<Writable> step : steps) {
      values.addAll(labelGenerator == null ? step : step.subList(0, step.size() - 1));
    }
    if (labelGenerator != null) {
      List<Writable> last = steps.get(steps.size() - 1);
      values.add(last.get(last.size() - 1));
    }
    return values;
  }
}
