# Aufgabe 3: Statistik über eine Textdatei (Übungsblatt 7)
import string
import sys

def lies_datei(name):
	"""Gibt alle Wörter einer Datei zurück."""
	woerter=[]
	datei=open(name,'r',encoding='utf-8')
	for zeile in datei:
		for wort in zeile.split():
			wort=wort.strip(string.punctuation+'„“–').lower()
			if wort!='':
				woerter.append(wort)
	datei.close()
	return woerter

def zaehle(woerter):
	anzahl={}
	for w in woerter:
		if w in anzahl: anzahl[w]+=1
		else: anzahl[w]=1
	return anzahl

def haeufigste(anzahl,n=10):
	# sortiert nach Anzahl, dann nach dem Alphabet
	paare=sorted(anzahl.items(),key=lambda p:(-p[1],p[0]))
	return paare[:n]

if len(sys.argv)<2:
	print('Aufruf: homework.py DATEI')
	sys.exit(1)

woerter=lies_datei(sys.argv[1])
print('Wörter insgesamt:',len(woerter))
for wort,k in haeufigste(zaehle(woerter)):
	print('%-20s %5d'%(wort,k))
laengstes=''
for w in woerter:
	if len(w)>len(laengstes):
		laengstes=w
print('Das längste Wort ist',repr(laengstes))
