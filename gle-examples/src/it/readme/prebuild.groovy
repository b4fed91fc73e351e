// SPDX-License-Identifier: Apache-2.0
// The project that README tells to copy.
def readme = new File(basedir, '../../../../README.md').text
def block = { language -> (readme =~ /(?s)```$language\n(.*?)```/)[0][1] }
new File(basedir, 'pom.xml').text = block('xml')
def sources = new File(basedir, 'src/main/java')
sources.mkdirs()
new File(sources, 'Example.java').text = block('java')
return true
