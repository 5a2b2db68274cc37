#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <time.h>
#include <ctype.h>

int main()
{
    char *words[] = {"banana","keyboard","window","elephant","guitar"};
    char guess, hidden[20];
    int i, len, found, wrong = 0, left;

    srand(time(NULL));
    char *word = words[rand()%5];
    len = strlen(word);
    for(i=0;i<len;i++)
        hidden[i]='_';
    hidden[len]='\0';
    left = len;

    while(wrong<6 && left>0)
    {
        printf("\n%s   (%d wrong)\n",hidden,wrong);
        printf("Guess a letter: ");
        scanf(" %c",&guess);
        guess = tolower(guess);
        found=0;
        for(i=0;i<len;i++)
        {
            if(word[i]==guess && hidden[i]=='_')
            {
                hidden[i]=guess;
                found=1;
                left--;
            }
        }
        if(!found) wrong++;
    }

    if(left==0)
        printf("You won! The word was %s\n",word);
    else
        printf("You lost! The word was %s\n",word);
    return 0;
}
