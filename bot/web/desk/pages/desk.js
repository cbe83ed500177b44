// Keys for the inbox, and a job's page that brings itself up to date. Without this file all pages work, too.
'use strict'

const groups = [...document.querySelectorAll('#groups > .group')]
const mayType = 'input, select, textarea, summary'

function goTo (group) {
  group?.focus()
  group?.scrollIntoView({ block: 'nearest' })
}

function pressed (event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return
  if (event.key === 'Escape') {
    document.querySelector('[data-back]')?.click()
    return
  }
  if (event.target.closest(mayType)) return
  const group = event.target.closest('#groups > .group')
  if (event.key === 'j' || event.key === 'k') {
    // At the top of the page no group has the focus yet.
    const place = groups.indexOf(group)
    if (group || event.target === document.body || event.target.id === 'main') {
      goTo(groups[Math.max(0, Math.min(groups.length - 1, event.key === 'j' ? place + 1 : place - 1))])
    }
    return
  }
  if (!group || event.repeat || event.key.length !== 1) return
  const button = [...group.querySelectorAll('[data-key]')].find(one => one.dataset.key === event.key)
  if (button) {
    event.preventDefault()
    button.click()
  }
}

async function follow () {
  const job = document.getElementById('job')
  if (job?.dataset.state !== 'running') return
  try {
    const response = await fetch(location.href, { redirect: 'error' })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const now = page.getElementById('job')
    if (!now) {
      location.reload() // signed out meanwhile
      return
    }
    if (now.dataset.state === 'running') {
      const lines = job.querySelector('.lines')
      lines.textContent = now.querySelector('.lines').textContent
      lines.scrollTop = lines.scrollHeight
    } else {
      job.replaceWith(now)
      document.title = page.title
    }
  } catch {
    // The desk is being started anew, or the network is gone; the next look may find it.
  }
  setTimeout(follow, 2000)
}

document.addEventListener('keydown', pressed)
setTimeout(follow, 2000)
