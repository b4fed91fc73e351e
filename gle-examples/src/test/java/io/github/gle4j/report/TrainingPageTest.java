// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.gle4j.models.PublishedModel;
import io.github.gle4j.train.StreamingTrainer;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.deeplearning4j.exception.DL4JException;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class TrainingPageTest {
  private static final int TIME = 5;
  private static final int BATCHES = 3;

  private static String get(String url) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(url)).build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), url);
    return response.body();
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network = new MultiLayerNetwork(PublishedModel.GLE_15K.configuration(1));
    network.init();
    return network;
  }

  private static DataSet batch(int seed) {
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 4, 10);
    for (int i = 0; i < 4; i++) {
      labels.putScalar(i, (i + seed) % 10, 1);
    }
    return new DataSet(Nd4j.rand(DataType.FLOAT, 4, 1, TIME), labels);
  }

  @Test
  void theServerAnswersWithTheDataOfTheSession() throws Exception {
    MultiLayerNetwork network = network();
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    List<Double> scores = new ArrayList<>();
    try (TrainingPage page = new TrainingPage(0)) {
      network.setListeners(page.listener(TIME, 0));
      for (int k = 0; k < BATCHES; k++) {
        scores.add(trainer.fit(batch(k)).loss());
      }
      assertTrue(get(page.address() + "/overview").contains("Score vs. Iteration"));
      JsonNode data = data(page);
      for (int k = 0; k < BATCHES; k++) {
        assertEquals(scores.get(k), data.get("scores").get(k).asDouble(), 1e-6);
        assertEquals((k + 1) * TIME - 1, data.get("scoresIter").get(k).asInt());
      }
      assertEquals(BATCHES, data.get("scores").size());
      assertTrue(data.toString().contains("\"0_W\""), data::toString);
      assertTrue(get(page.address() + "/model").contains("Model"));
    }
  }

  /** DL4J takes half a second to notice new data. */
  private static JsonNode data(TrainingPage page) throws Exception {
    JsonNode data = null;
    for (int attempt = 0; attempt < 100; attempt++) {
      data = new ObjectMapper().readTree(get(page.address() + "/overview/data"));
      if (data.path("scores").size() == BATCHES) {
        return data;
      }
      Thread.sleep(100);
    }
    return data;
  }

  @Test
  void aPortThatIsNotFreeIsRefused() throws Exception {
    try (ServerSocket other = new ServerSocket(0)) {
      int port = other.getLocalPort();
      assertEquals(
          "ui-port = " + port + ": not free; another port, or 0 for any free one, allowed",
          assertThrows(IllegalArgumentException.class, () -> TrainingPage.check("127.0.0.1", port))
              .getMessage());
    }
    assertEquals(
        "ui-port = 70000: 0 to 65535 allowed",
        assertThrows(IllegalArgumentException.class, () -> TrainingPage.check("127.0.0.1", 70000))
            .getMessage());
    TrainingPage.check("127.0.0.1", 0);
    TrainingPage.check("0.0.0.0", 0);
    TrainingPage.check("localhost", 0);
  }

  @Test
  void otherAddressesAreRefused() {
    for (String host : new String[] {"192.0.2.1", "no.such.host.invalid"}) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> TrainingPage.check(host, 0));
      assertTrue(
          e.getMessage().startsWith("ui-host = " + host + ": no name or address of this machine; "),
          e::getMessage);
    }
  }

  /** On Linux all of 127.0.0.0/8 is this machine: who listens on 127.0.0.1 is not on 127.0.0.2. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void answersOnItsAddressOnly() throws Exception {
    try (TrainingPage page = new TrainingPage(0)) {
      assertTrue(page.address().matches("http://localhost:[0-9]+/train"), page::address);
      assertTrue(get(page.address() + "/overview").contains("Score vs. Iteration"));
      String elsewhere = page.address().replace("localhost", "127.0.0.2");
      assertThrows(ConnectException.class, () -> get(elsewhere + "/overview"));
    }
    try (TrainingPage page = new TrainingPage("0.0.0.0", 0)) {
      String elsewhere = page.address().replace("localhost", "127.0.0.2");
      assertTrue(get(elsewhere + "/overview").contains("Score vs. Iteration"));
    }
  }

  @Test
  void aPortThatIsTakenAfterTheCheckIsNamed() throws Exception {
    try (ServerSocket other = new ServerSocket(0)) {
      assertThrows(DL4JException.class, () -> new TrainingPage(other.getLocalPort()));
    }
  }

  @Test
  void aPointIsTheMeanSinceTheLastOne() {
    MultiLayerNetwork network = network();
    List<Double> seen = new ArrayList<>();
    List<Integer> gradients = new ArrayList<>();
    Map<Integer, Double> points = new TreeMap<>();
    BaseTrainingListener collector =
        new BaseTrainingListener() {
          @Override
          public void onGradientCalculation(Model model) {
            gradients.add(seen.size());
          }

          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            points.put(iteration, model.score());
          }
        };
    long[] time = {0};
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            seen.add(model.score());
            time[0]++;
          }
        },
        new ScoreOfManyUpdates(collector, 2, 3, () -> time[0]));
    StreamingTrainer trainer = StreamingTrainer.builder(network).build();
    trainer.fit(batch(1));
    trainer.fit(batch(2));
    assertEquals(2 * TIME, seen.size());
    assertEquals(Set.of(1, 5, 9), points.keySet(), "every second update, but not so soon again");
    assertEquals(List.of(1, 5, 9), gradients);
    assertEquals((seen.get(0) + seen.get(1)) / 2, points.get(1), 1e-12);
    double sum = seen.subList(2, 6).stream().mapToDouble(Double::doubleValue).sum();
    assertEquals(sum / 4, points.get(5), 1e-12);
    assertEquals(seen.get(2 * TIME - 1), network.score(), "the network's own score stays");
  }

  /** For importers the library is optional. */
  @Test
  void namesTheLibraryThatIsMissing() throws Exception {
    List<URL> withoutPage = new ArrayList<>();
    List<URL> all = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      URL url = new File(entry).toURI().toURL();
      all.add(url);
      if (!entry.contains("deeplearning4j-ui") && !entry.contains("deeplearning4j-vertx")) {
        withoutPage.add(url);
      }
    }
    assertTrue(withoutPage.size() < all.size());

    assertEquals(
        "ui: DL4J's training UI is not on the class path; add org.deeplearning4j:deeplearning4j-ui",
        complaint(withoutPage));
    assertEquals("", complaint(all));
  }

  /** Of a check on another class path. */
  private static String complaint(List<URL> classPath) throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      loader
          .loadClass(TrainingPage.class.getName())
          .getMethod("check", String.class, int.class)
          .invoke(null, "127.0.0.1", 0);
      return "";
    } catch (InvocationTargetException e) {
      return e.getCause().getMessage();
    }
  }
}
