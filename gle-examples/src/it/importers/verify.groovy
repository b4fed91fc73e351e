// SPDX-License-Identifier: Apache-2.0
import groovy.xml.XmlSlurper

// Every pinned version, from where it is written; an imported list of versions holds for its group.
def bom = new XmlSlurper().parse(new File(basedir, '../../../../gle-bom/pom.xml'))
def properties = bom.properties.children().collectEntries { [it.name(), it.text()] }
def pinned = bom.dependencyManagement.dependencies.dependency.collectEntries {
  def version = it.version.text().replaceAll(/\$\{(.*?)}/) { all, name -> name == 'project.version' ? bom.version.text() : properties[name] }
  [it.type.text() == 'pom' ? it.groupId.text() : "${it.groupId}:${it.artifactId}".toString(), version]
}

// The artifacts of a project's tree that have a pinned version, and those that have another one.
def found = { project ->
  new File(basedir, "$project/target/tree.txt").readLines()
      .collect { (it =~ /([\w.-]+):([\w.-]+):jar:(?:[\w-]+:)?([\w.-]+):(?:compile|runtime)/) }
      .findAll { it.find() }
      .collect { [name: it.group(1) + ':' + it.group(2), version: it.group(3), pinned: pinned[it.group(1) + ':' + it.group(2)] ?: pinned[it.group(1)]] }
      .findAll { it.pinned }
}
def others = { project ->
  found(project).findAll { it.version != it.pinned }
      .collect { "$project: $it.name $it.version, pinned is $it.pinned".toString() }
}

def wrong = ['layers', 'datasets', 'examples', 'dl4j-first'].collectMany { others(it) }
assert wrong.isEmpty()

// That would be worth nothing if nothing were found.
assert ['layers', 'datasets', 'examples', 'dl4j-first'].every { project -> found(project)*.name.contains('commons-io:commons-io') }
assert found('dl4j-first')*.name.containsAll(['io.netty:netty-common', 'io.vertx:vertx-web', 'com.twelvemonkeys.imageio:imageio-tiff'])
assert others('dl4j-alone').any { it.startsWith('dl4j-alone: commons-io:commons-io 2.7,') }

// The installed jars carry the licence and the notice.
new File(basedir, '../../it-repository/io/github/gle4j').traverse(nameFilter: ~/gle-.*\.jar/) { jar ->
  def names = new java.util.zip.ZipFile(jar).withCloseable { it.entries().collect { it.name } }
  assert names.containsAll(['META-INF/LICENSE', 'META-INF/NOTICE'])
}
