// SPDX-License-Identifier: Apache-2.0
package io.github.gle4j.report;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.deeplearning4j.exception.DL4JException;
import org.deeplearning4j.ui.VertxUIServer;

/**
 * DL4J's server on an address of one's choice. By itself it listens on all addresses: it asks
 * Vert.x for a server that listens on a port, without saying where. Here it is given a Vert.x whose
 * servers know.
 */
final class UiServer extends VertxUIServer {
  private final String host;
  private final int port;

  private UiServer(String host, int port) {
    this.host = host;
    this.port = port;
  }

  /** Starts the server, or returns the one that is running: there is at most one. */
  static VertxUIServer start(String host, int port) {
    VertxUIServer running = getInstance();
    if (running != null && !running.isStopped()) {
      return running;
    }
    UiServer server = new UiServer(host, port);
    CompletableFuture<String> deployed = new CompletableFuture<>();
    Vertx.vertx()
        .deployVerticle(
            server,
            result -> {
              if (result.succeeded()) {
                deployed.complete(result.result());
              } else {
                deployed.completeExceptionally(result.cause());
              }
            });
    try {
      deployed.join();
      return server;
    } catch (CompletionException e) {
      stopFailed();
      throw new DL4JException("DL4J's training UI cannot be started", e.getCause());
    }
  }

  /** What could not be started would pass for the one that is running. */
  private static void stopFailed() {
    try {
      stopInstance();
    } catch (Exception e) {
      throw new DL4JException("DL4J's training UI cannot be stopped", e);
    }
  }

  @Override
  public void init(Vertx vertx, Context context) {
    InvocationHandler answer =
        (proxy, method, arguments) ->
            method.getName().equals("createHttpServer") && arguments == null
                ? listeningHere(vertx.createHttpServer())
                : call(vertx, method, arguments);
    super.init(proxy(Vertx.class, answer), context);
  }

  private HttpServer listeningHere(HttpServer server) {
    InvocationHandler answer =
        (proxy, method, arguments) -> {
          if (method.getName().equals("listen")
              && arguments.length == 2
              && arguments[1] instanceof Handler) {
            return server.listen(port, host, handler(arguments[1]));
          }
          Object result = call(server, method, arguments);
          return result == server ? proxy : result; // calls are chained
        };
    return proxy(HttpServer.class, answer);
  }

  @SuppressWarnings("unchecked") // HttpServer.listen declares it so
  private static Handler<AsyncResult<HttpServer>> handler(Object argument) {
    return (Handler<AsyncResult<HttpServer>>) argument;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler answer) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answer));
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
