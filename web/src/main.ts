/** The app begins: preferences before the first picture, then words, then the page that was asked for. */
import './shared/styles/tokens.css'
import './shared/styles/base.css'

import { createApp } from 'vue'

import TheApp from './TheApp.vue'
import { router } from './router.ts'
import { applyPreferences } from './shared/preferences.ts'
import { registerShell } from './shared/shell.ts'
import { useWords } from './shared/words/index.ts'

applyPreferences()
const app = createApp(TheApp).use(router) // asks about the session and for the page while the words come
await useWords.ready()
app.mount('#app')
void registerShell()
