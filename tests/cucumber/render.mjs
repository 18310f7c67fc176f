// Reads Cucumber Messages from the standard input, a message a line, and writes the page that Cucumber's
// own HTML formatter makes of them.
import { createInterface } from 'node:readline'
import { CucumberHtmlStream } from '@cucumber/html-formatter'
import { parseEnvelope } from '@cucumber/messages'

const page = new CucumberHtmlStream()
page.pipe(process.stdout)
page.on('error', (why) => {
  console.error(why)
  process.exitCode = 1
})
for await (const line of createInterface({ input: process.stdin })) {
  page.write(parseEnvelope(line))
}
page.end()
